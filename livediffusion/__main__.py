"""`python -m livediffusion`."""

from livediffusion.cli import main

if __name__ == "__main__":
    main()
