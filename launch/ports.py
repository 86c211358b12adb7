"""Ports on this machine."""

from __future__ import annotations

import errno
import random
import socket

from launch.failure import LaunchFailed

# Below the range from which systems take ports for outgoing connections: a client that keeps trying to reach a server
# being restarted could otherwise be given the server's own port.
PORTS = range(15_000, 32_000)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port nobody listens on at this moment."""
    for port in random.sample(PORTS, len(PORTS)):
        if is_free(host, port):
            return port
    raise OSError("no free port on this machine")


def is_free(host: str, port: int) -> bool:
    try:
        _listen_once(host, port)
    except OSError:
        return False
    return True


def require_free(host: str, port: int) -> None:
    """Raises LaunchFailed with what stands in the way of a web server on this address."""
    try:
        _listen_once(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LaunchFailed(
                f"Port {port} is already in use: stop what uses it, or set THROUGHLINE_PORT to another."
            ) from None
        raise LaunchFailed(f"The web server cannot listen on {host}, port {port}: {error.strerror}.") from None


def _listen_once(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the servers themselves do: connections that are still closing do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
