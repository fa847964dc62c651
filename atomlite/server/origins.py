"""Which hosts, origins and proxies a session believes.

Without authentication these checks are what stands between a page in the user's browser and the
data: a name that an attacker points at 127.0.0.1 is refused by its ``Host``, and a form that
another site posts by its ``Origin``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from atomlite.config import SessionConfig
from atomlite.errors import HostNotAllowed, InvalidConfiguration, InvalidRequest, OriginNotAllowed

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_REMEMBERED = ("Access-Control-Max-Age", "600")
_PORT = re.compile("[0-9]{1,5}")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Target(NamedTuple):
    """Where a client sent its request, as it sees it.

    Args:
        scheme: ``"http"`` or ``"https"``.
        host: Name and port.
        client_address: Where it sent it from.
    """

    scheme: str
    host: str
    client_address: str


class Origins:
    """The rules of one session.

    Args:
        config: ``host``, ``allowed_hosts``, ``trusted_proxies`` and ``cors_origins`` count.

    Raises:
        InvalidConfiguration: A trusted proxy is neither an address nor a network.
    """

    def __init__(self, config: SessionConfig) -> None:
        hosts = {*_LOOPBACK, config.host, *config.allowed_hosts}
        self._hosts = None if "*" in hosts else frozenset(map(_bare, hosts))
        self._any_origin = "*" in config.cors_origins
        self._origins = frozenset(origin.lower().rstrip("/") for origin in config.cors_origins)
        self._proxies = [_network(proxy) for proxy in config.trusted_proxies]
        self.grants = bool(config.cors_origins)
        """Whether answers depend on the ``Origin`` of the request."""

    def target(self, client_address: str, headers: HTTPHeaders, authority: str) -> Target:
        """Return where a request was sent, by what a trusted proxy says.

        Args:
            client_address: Address of the other end of the connection.
            headers: Those of the request.
            authority: Host in the request line; empty in all but a few requests.
        """
        target = Target("http", authority or headers.get("Host", ""), client_address)
        if self._proxies and self._is_proxy(client_address):
            return self._behind_proxy(target, headers)
        return target

    def check_host(self, headers: HTTPHeaders, target: Target) -> None:
        """Refuse a request that was sent to another name than one of this session's.

        Raises:
            InvalidRequest: It names no host, or more than one.
            HostNotAllowed: It names a host that is not served here.
        """
        hosts = headers.get_list("Host")
        if len(hosts) != 1:
            raise InvalidRequest(
                f"The request has {len(hosts)} Host headers.", hint="Send exactly one."
            )
        if self._hosts is not None and host_and_port(target.host)[0] not in self._hosts:
            raise HostNotAllowed(target.host)

    def check_origin(
        self, method: str, headers: HTTPHeaders, target: Target, more: Sequence[str] = ()
    ) -> None:
        """Refuse a request that a page sent which has no business here.

        Args:
            method: Of the request; those that change nothing pass.
            headers: Those of the request.
            target: Where it was sent, on a host that was checked.
            more: Origins that the endpoint allows besides those of the session.

        Raises:
            OriginNotAllowed: A page of another origin sent it, to change something.
        """
        if method not in _SAFE and "Origin" in headers:
            origin = headers["Origin"]
            own = f"{target.scheme}://{target.host}".lower()
            if origin.lower() != own and not self.allows(origin, more):
                raise OriginNotAllowed(origin)

    def preflight(
        self, headers: HTTPHeaders, allowed: Sequence[str], more: Sequence[str] = ()
    ) -> list[tuple[str, str]]:
        """Return what a browser has to hear before it sends a request to another origin.

        Args:
            headers: Those of the OPTIONS request.
            allowed: Methods of the path.
            more: As for `check_origin`.
        """
        if not self.allows(headers.get("Origin", ""), more):
            return []
        granted = [("Access-Control-Allow-Methods", ", ".join(allowed)), _REMEMBERED]
        if asked := headers.get("Access-Control-Request-Headers"):
            granted.append(("Access-Control-Allow-Headers", asked))
        return granted

    def allows(self, origin: str, more: Sequence[str] = ()) -> bool:
        """Return whether pages of an origin may read answers.

        Args:
            origin: As the browser names it.
            more: Origins that the endpoint allows besides those of the session.
        """
        sought = origin.lower()
        return (
            self._any_origin
            or sought in self._origins
            or any(each == "*" or each.lower().rstrip("/") == sought for each in more)
        )

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)

    def _behind_proxy(self, target: Target, headers: HTTPHeaders) -> Target:
        # Each proxy appends the address that it saw; the last that is no proxy of ours is the
        # client. What stands before it is what the client claims.
        chain = [part.strip() for part in headers.get("X-Forwarded-For", "").split(",")]
        client = target.client_address
        for address in reversed(chain):
            if not address:
                break
            client = address
            if not self._is_proxy(address):
                break
        scheme = _last(headers, "X-Forwarded-Proto").lower()
        return Target(
            scheme if scheme in {"http", "https"} else target.scheme,
            _last(headers, "X-Forwarded-Host") or target.host,
            client,
        )


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise InvalidConfiguration(
            "trusted_proxies", text, 'an address or a network such as "10.0.0.0/8"'
        ) from None


@lru_cache(maxsize=1024)
def host_and_port(host: str) -> tuple[str, int | None]:
    """Return the name in lower case, and the port if there is one.

    >>> host_and_port("LocalHost:8080"), host_and_port("[::1]")
    (('localhost', 8080), ('::1', None))
    """
    name, colon, port = host.rpartition(":")
    if colon and _PORT.fullmatch(port) and not name.endswith(":"):
        return _bare(name), int(port)
    return _bare(host), None


def _bare(name: str) -> str:
    return name.strip("[]").rstrip(".").lower()


def _last(headers: HTTPHeaders, name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()
