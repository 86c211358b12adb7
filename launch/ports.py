"""Ports on this machine."""

from __future__ import annotations

import random
import socket

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
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the servers themselves do: connections that are still closing do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
