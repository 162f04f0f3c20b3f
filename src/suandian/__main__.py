"""`python -m suandian`."""

from suandian.cli.main import main

if __name__ == "__main__":
    main()
