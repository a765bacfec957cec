# SPDX-License-Identifier: GPL-2.0-only
"""`HOST:PORT` as people write it."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

from perc_scapy.errors import ConfigError, MissingToolError

_FORM = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^:\[\]\s]+)):(?P<port>\d{1,5})")


class Address(NamedTuple):
    """A UDP address that was written, not yet looked up."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(value: object, *, zero: bool = True) -> Address:
    """`127.0.0.1:5000`, `example.org:5000` or `[::1]:5000`; port 0 when `zero`. Raises `ConfigError`."""
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    port = int(match["port"]) if match else -1
    if match is None or not 0 <= port <= 65535:
        raise ConfigError(f"{value!r} is not HOST:PORT, such as 127.0.0.1:5000 or [::1]:5000")
    if port == 0 and not zero:
        raise ConfigError(f"{value!r}: port 0 is only good for listening")
    return Address(match["six"] or match["host"], port)


def resolve(address: Address) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Address family and numeric socket address, IPv4 first. Raises `MissingToolError` when the name is unknown.

    A name such as `localhost` has both; who listens and who dials must not choose differently.
    """
    try:
        found = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)
    except (socket.gaierror, UnicodeError):
        raise MissingToolError(f"{address}: host name is unknown here") from None
    family, _, _, _, sockaddr = min(found, key=lambda each: each[0] != socket.AF_INET)
    return socket.AddressFamily(family), (str(sockaddr[0]), int(sockaddr[1]))


def show(sockaddr: tuple[object, ...]) -> str:
    """A socket module's address as `HOST:PORT`."""
    return str(Address(str(sockaddr[0]), int(str(sockaddr[1]))))
