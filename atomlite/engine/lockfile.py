"""Who holds a database file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from atomlite.errors import DatabaseHeld

_OTHER_PROCESS = re.compile(r"Conflicting lock is held in (.*?) \(PID (\d+)\)", re.DOTALL)


def held_error(path: Path, message: str) -> DatabaseHeld | None:
    """Return the error for a file that is held, from the engine's message; ``None`` if it is not.

    >>> text = 'Could not set lock on file "x": Conflicting lock is held in /bin/py (PID 7).'
    >>> print(held_error(Path("x"), text).details["holder"])
    process 7 (py)
    """
    match = _OTHER_PROCESS.search(message)
    if match and int(match[2]) != os.getpid():
        program = Path(match[1].strip()).name
        return DatabaseHeld(str(path), f"process {match[2]} ({program})")
    if match or "same database file" in message or "already attached" in message:
        return DatabaseHeld(str(path), f"another session of this process ({os.getpid()})")
    if "Could not set lock" in message:
        return DatabaseHeld(str(path), "another process")
    return None
