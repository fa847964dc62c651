"""Sockets to listen on, opened in the thread that asks, so that what fails is raised there."""

from __future__ import annotations

import errno
import socket

from tornado.netutil import bind_sockets

from atomlite.errors import AddressUnavailable, PortInUse


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen, one for each address of the host.

    Args:
        host: Address or name.
        port: 0 takes a free one, the same for each address.

    Raises:
        PortInUse: Another program listens there.
        AddressUnavailable: The host is no address of this machine, or the port is not allowed.
    """
    try:
        return bind_sockets(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        reason = error.strerror or str(error)
        raise AddressUnavailable(host, port, reason) from error
