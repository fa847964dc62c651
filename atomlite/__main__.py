"""The command line: ``python -m atomlite demo`` and ``python -m atomlite version``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from atomlite.demo import run
from atomlite.errors import AtomliteError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    Args:
        arguments: The words after ``python -m atomlite``; ``None`` takes them from the process.

    >>> main(["version"])
    atomlite ...
    0
    """
    parser = argparse.ArgumentParser(prog="python -m atomlite", description="atomlite sessions.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version", help="show the version")
    demo = commands.add_parser("demo", help="show a session on the flights of New York in 2013")
    demo.add_argument("--once", action="store_true", help="end after the tour, serve nothing")
    demo.add_argument("--port", type=int, default=0, help="port to serve on; 0 takes a free one")
    options = parser.parse_args(arguments)
    if options.command == "version":
        print(f"atomlite {version('atomlite')}")
        return 0
    try:
        run(once=options.once, port=options.port)
    except AtomliteError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
