"""The placers: jobs in one step of the Twin."""
