"""A PostgreSQL of its own in a folder that goes away, never run as root, reached by a socket."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.opponents import Unavailable

PORT = "5432"  # Part of the socket's name; nothing listens on the network.
_START_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",  # All is in memory.
    "jit": "off",  # Compiling takes longer than these statements.
    "fsync": "off",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs; its socket is in ``folder``."""

    folder: Path
    user: str
    pid: int
    _psql: str

    def run(self, statement: str, source: Path | None = None) -> str:
        """Run a statement, with a file as its input; return what it prints without decoration."""
        command = [self._psql, "--no-psqlrc", "-h", str(self.folder), "-p", PORT, "-U", self.user]
        command += ["-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt", "-c", statement]
        with open(source or os.devnull, "rb") as given:  # noqa: PTH123 - either a path or a name
            done = subprocess.run(command, stdin=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"PostgreSQL refused a statement: {done.stderr.strip()}")
        return done.stdout.strip()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """Run an empty database while the block runs; root starts it as the user ``nobody``.

    Raises:
        Unavailable: When PostgreSQL is not installed or does not start.
    """
    psql = _program("psql")
    other = "nobody" if os.geteuid() == 0 else None
    user = other or getpass.getuser()
    with tempfile.TemporaryDirectory(prefix="atomlite-pg-") as name:
        folder = Path(name)
        if other:
            shutil.chown(folder, other)
        data = str(folder / "data")
        create = [_program("initdb"), "-D", data, "-U", user, "-A", "trust", "--no-sync"]
        create += ["-E", "UTF8", "--locale", "C.UTF-8"]  # Text by code point, as elsewhere.
        made = subprocess.run(create, cwd=folder, user=other, capture_output=True, check=False)
        if made.returncode:
            raise Unavailable(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")
        command = [_program("postgres"), "-D", data, "-k", name, "-p", PORT]
        for setting, value in _SETTINGS.items():
            command += ["-c", f"{setting}={value}"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            command, cwd=folder, user=other, stdout=quiet, stderr=quiet
        ) as server:
            try:
                database = Postgres(folder, user, server.pid, psql)
                _wait(database)
                yield database
            finally:
                server.send_signal(signal.SIGINT)  # Ends its connections, then itself.


def _wait(database: Postgres) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            database.run("SELECT 1")
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _program(name: str) -> str:
    """Return the path of a program of PostgreSQL; Debian keeps most of them out of ``PATH``."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(places[-1]) if places else shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is missing; install the Debian package postgresql")
    return found
