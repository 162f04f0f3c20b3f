"""The compiled problem in other programs' formats, for witnesses and for people who work there."""
