"""What is asked over HTTP, and how many a second are answered, each request different."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.benchmarks.opponents import Running

PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; with a body it is JSON."""

    method: str
    target: str
    body: object = None

    def send(self, connection: http.client.HTTPConnection) -> tuple[bytes, str]:
        """Return the body of the answer and its timing; raise unless its status is 200."""
        given = None if self.body is None else json.dumps(self.body)
        headers = {} if given is None else {"Content-Type": "application/json"}
        connection.request(self.method, self.target, given, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{self}: {response.status} {answer[:500]!r}")
        return answer, response.headers.get("Server-Timing", "")


@dataclass
class Asker:
    """Asks one server, and counts what its processes spend.

    Args:
        server: The server.
        search: Makes the requests of search number n; one search may take several.
        others: Processes that work for it too, such as a database, with all their children.
    """

    server: Running
    search: Callable[[int], Sequence[Ask]]
    others: Sequence[int] = ()
    milliseconds: list[float] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def once(self, number: int) -> list[object]:
        """Return the JSON that answers each request of a search."""
        connection = self._connect()
        try:
            return [json.loads(ask.send(connection)[0]) for ask in self.search(number)]
        finally:
            connection.close()

    def server_milliseconds(self, number: int) -> float:
        """Return how long our server says that it worked on a search, without the network."""
        connection = self._connect()
        try:
            (ask,) = self.search(number)
            timing = ask.send(connection)[1]
        finally:
            connection.close()
        found = re.search(r"callback;dur=([\d.]+)", timing)
        assert found is not None, timing
        return float(found[1])

    def rate(self, searches: int, connections: int) -> float:
        """Return searches per second over some connections at once; raise if one fails."""
        left = itertools.count()
        failures: list[BaseException] = []

        def ask() -> None:
            connection = self._connect()
            try:
                while next(left) < searches and not failures:
                    for request in self.search(next(self._numbers)):
                        request.send(connection)
            except Exception as error:  # noqa: BLE001 - raised below, in the thread that asked
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _ in range(connections)]
        spent, began = self._cpu(), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
        self.milliseconds.append((self._cpu() - spent) / searches * 1e3)
        if failures:
            raise failures[0]
        return searches / seconds

    def wrk_rate(self, seconds: float, connections: int, *, different: int = 5_000) -> float:
        """Return searches per second that wrk counts; raise if an answer was an error.

        Args:
            seconds: How long.
            connections: At once.
            different: How many different searches are asked in turn; every call takes new ones.
        """
        first = next(self._numbers) * 1_000_000
        asks = [ask for number in range(different) for ask in self.search(first + number)]
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "asks.lua"
            script.write_text(_lua(asks))
            spent = self._cpu()
            command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s"]
            command += ["-s", str(script), self.server.url]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            spent = self._cpu() - spent
        numbers = output.rsplit("RESULT", 1)[-1].split()
        if len(numbers) != 3 or numbers[2] != "0":
            raise RuntimeError(output)
        searches = int(numbers[0]) * different / len(asks)
        self.milliseconds.append(spent / searches * 1e3)
        return searches / int(numbers[1]) * 1e6

    def _connect(self) -> http.client.HTTPConnection:
        place = urlsplit(self.server.url)
        return http.client.HTTPConnection(place.hostname or "", place.port, PATIENCE_SECONDS)

    def _cpu(self) -> float:
        """Return the seconds of processor that the server has used so far."""
        used = 0.0
        for pid in (self.server.pid, *self.others):
            process = psutil.Process(pid)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    used += sum(each.cpu_times()[:4])  # Those of children that have ended too.
        return used


_DONE = """
done = function(summary)
  local wrong = summary.errors
  io.write(string.format("RESULT %d %d %d", summary.requests, summary.duration,
    wrong.connect + wrong.read + wrong.write + wrong.status + wrong.timeout))
end
"""


def _lua(asks: Sequence[Ask]) -> str:
    """Return a script for wrk that sends requests in turn, all of them made beforehand."""
    lines = ["local made, n = {}, 0", "init = function()"]
    for ask in asks:
        given = "" if ask.body is None else json.dumps(ask.body)
        head = '{["Content-Type"]="application/json"}' if given else "{}"
        text = f"{_quoted(ask.method)}, {_quoted(ask.target)}, {head}, {_quoted(given)}"
        lines.append(f"  made[#made + 1] = wrk.format({text})")
    lines.append("end")
    lines.append("request = function() n = n % #made + 1; return made[n] end")
    return "\n".join(lines) + _DONE


def _quoted(text: str) -> str:
    """Return a literal of Lua, whose long form takes anything but its own end."""
    return f"[==[{text}]==]"
