"""Run folders: their schemas, how they are written from a ledger, and how they are read."""
