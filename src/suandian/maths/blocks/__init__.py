"""The blocks of the mathematics, one file each."""
