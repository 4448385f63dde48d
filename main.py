"""Lanescope: Python threads and processes as lanes on one live timeline. `main.py --help` tells what it can do."""

import sys

from engine.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
