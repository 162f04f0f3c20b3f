"""From readings to postings: one file a book, integers that balance to the unit."""
