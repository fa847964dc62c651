"""Sockets to listen on, opened in the thread that asks, so that what fails is raised there."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack

from atomlite.errors import AddressUnavailable, PortInUse

_BACKLOG = 1024


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen, one for each address of the host.

    Args:
        host: Address or name.
        port: 0 takes a free one, the same for each address.

    Raises:
        PortInUse: Another program listens there.
        AddressUnavailable: The host is no address of this machine, or the port is not allowed.
    """
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    with ExitStack() as undo:
        try:
            for family, address in _addresses(host, port):
                each = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
                try:
                    _listen(each, (address, sockets[0].getsockname()[1] if sockets else port))
                except OSError as error:
                    if error.errno != errno.EADDRNOTAVAIL:
                        raise
                    missing = error  # such as "localhost" where IPv6 is switched off
                else:
                    sockets.append(each)
            if missing is not None and not sockets:
                raise missing
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(host, port) from error
            raise AddressUnavailable(host, port, error.strerror or str(error)) from error
        undo.pop_all()
    return sockets


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return sorted({(family, str(address[0])) for family, _, _, _, address in found})


def _listen(each: socket.socket, address: tuple[str, int]) -> None:
    if os.name == "posix":  # elsewhere it would let two programs share a port
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if each.family == socket.AF_INET6:  # IPv4 has a socket of its own
        each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    each.setblocking(False)
    each.bind(address)
    each.listen(_BACKLOG)
