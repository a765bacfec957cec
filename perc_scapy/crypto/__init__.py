# SPDX-License-Identifier: BSD-3-Clause
"""SRTP, double SRTP, EKT, key derivation and TLS 1.2 arithmetic: bytes in, bytes out; imports no Scapy.

`secret` Key · `fingerprint` · `profiles` the table · `kdf` exporter -> master keys -> session keys · `replay` one
SSRC's indices · `transforms` GCM and AES-CM · `srtp` SrtpContext · `double` RFC 8723 · `ekt`, `ekt_sender`,
`ekt_receiver` RFC 8870 · `perc_sender`, `perc_receiver` all of it together, as an endpoint uses it · `tls12`.
Names below load their module on first use, so that a command that needs one fingerprint does not load all ciphers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# Not lazy: the function has its module's name, and the import system would bind the module over it.
from perc_scapy.crypto.fingerprint import fingerprint, parse_fingerprint

if TYPE_CHECKING:
    from perc_scapy.crypto.ekt import EKT_CIPHERS, EktParameters, unwrap, wrap
    from perc_scapy.crypto.kdf import ExportedKeys, MasterKey, split_exporter
    from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
    from perc_scapy.crypto.secret import Key
    from perc_scapy.crypto.srtp import SrtpContext

_HOME = {
    "EKT_CIPHERS": "ekt",
    "EktParameters": "ekt",
    "ExportedKeys": "kdf",
    "Key": "secret",
    "MasterKey": "kdf",
    "SRTP_PROFILES": "profiles",
    "SrtpContext": "srtp",
    "SrtpProfile": "profiles",
    "split_exporter": "kdf",
    "unwrap": "ekt",
    "wrap": "ekt",
}

__all__ = [
    "EKT_CIPHERS",
    "SRTP_PROFILES",
    "EktParameters",
    "ExportedKeys",
    "Key",
    "MasterKey",
    "SrtpContext",
    "SrtpProfile",
    "fingerprint",
    "parse_fingerprint",
    "split_exporter",
    "unwrap",
    "wrap",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
