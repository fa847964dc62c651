"""Other products to measure against, each installed where it disturbs nothing, in its own process.

They are installed once, beside the packages of this interpreter, and never mixed with them.
"""

from __future__ import annotations

import contextlib
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_FOLDER = Path(sys.prefix) / "benchmark-opponents"
_INSTALL_SECONDS = 600
START_SECONDS = 180

PACKAGES = {
    "clearskies": ("clear-skies==2.2.0",),
    "datap": ("datap-rs==0.8.6",),
    "pokie": ("Pokie==1.2.0", "rick==0.8.6", "rick-db==2.3.0", "psycopg2-binary>=2.9"),
}


class Unavailable(Exception):
    """An opponent cannot be measured here; the text says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs."""

    url: str
    pid: int


def interpreter(name: str) -> str:
    """Return the path of a Python that has an opponent; install it when there is none."""
    folder = _FOLDER / name
    program, done = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(PACKAGES[name])
    if not done.exists() or done.read_text() != wanted:
        print(f"Installing {', '.join(PACKAGES[name])} into {folder}", file=sys.stderr)
        pip = [str(program), "-m", "pip", "install", "--quiet", *PACKAGES[name]]
        for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], pip):
            try:
                subprocess.run(command, check=True, timeout=_INSTALL_SECONDS, capture_output=True)
            except (OSError, subprocess.SubprocessError) as error:
                said = getattr(error, "stderr", None) or str(error).encode()
                reason = said.decode(errors="replace").strip().splitlines()[-1:]
                raise Unavailable(f"{name} cannot be installed: {' '.join(reason)}") from error
        done.write_text(wanted)
    return str(program)


@contextlib.contextmanager
def serving(program: str, module: str, *arguments: str) -> Iterator[Running]:
    """Run a module of this folder as a server while the block runs.

    Args:
        program: The Python to run it with.
        module: Name of the module; the first line that it prints is its address.
        arguments: What it is given.

    Raises:
        Unavailable: When it ends, or says nothing for three minutes; the text has its last words.
    """
    command = [program, "-m", f"tests.benchmarks.{module}", *arguments]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=errors)
        try:
            url = _first_line(process)
            if not url:
                errors.seek(0)
                words = errors.read().decode(errors="replace").strip().splitlines()[-1:]
                raise Unavailable(f"{module} did not start: {' '.join(words) or 'no answer'}")
            yield Running(url, process.pid)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(START_SECONDS):
            return ""
    return process.stdout.readline().decode().strip()
