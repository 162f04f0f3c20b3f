"""Grid sources: files and packages that hold an electricity network."""
