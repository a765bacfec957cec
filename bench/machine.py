# SPDX-License-Identifier: GPL-2.0-only
"""What a table was measured with: versions that matter and the kind of processor, nothing that names the machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata

LIBRARIES = ("cryptography", "pyOpenSSL", "pylibsrtp", "scapy")


def lines() -> list[str]:
    """Two lines for people."""
    return [
        ", ".join([f"Python {platform.python_version()}", *map(version, LIBRARIES), openssl()]),
        f"{os.cpu_count()} CPUs, {platform.machine()}",
    ]


def version(name: str) -> str:
    """Name and version of an installed distribution."""
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"no {name}"


def openssl() -> str:
    """The OpenSSL that cryptography and pyOpenSSL run on."""
    from OpenSSL import SSL

    return SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode().rsplit(" ", 3)[0]
