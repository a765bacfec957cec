# SPDX-License-Identifier: BSD-3-Clause
"""SRTP, double SRTP, EKT, key derivation and TLS 1.2 arithmetic: bytes in, bytes out; imports no Scapy.

`secret` Key · `fingerprint` · `profiles` the table · `kdf` exporter -> master keys -> session keys · `replay` one
SSRC's indices · `transforms` GCM and AES-CM · `srtp` SrtpContext · `double` RFC 8723 at its ends, `hop` in the
middle · `ekt`, `ekt_sender`, `ekt_receiver`, `ekt_sources` RFC 8870 · `perc` both, as an endpoint uses them · `tls12`.
Names below load their module on first use, so that a command that needs one fingerprint does not load all ciphers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# Not lazy: the function has its module's name, and the import system would bind the module over it.
from perc_scapy.crypto.fingerprint import fingerprint, parse_fingerprint

if TYPE_CHECKING:
    from perc_scapy.crypto.double import DoubleContext, DoublePacket, OuterPacket, SyntheticPacket
    from perc_scapy.crypto.ekt import (
        EKT_CIPHERS,
        EktCipherRow,
        EktParameters,
        EktPlaintext,
        unwrap,
        wrap,
    )
    from perc_scapy.crypto.ekt_receiver import EktCandidate, EktReceiver
    from perc_scapy.crypto.ekt_sender import EktSender
    from perc_scapy.crypto.hop import KEEP, NO_CHANGE, HeaderChange, change_headers, relay
    from perc_scapy.crypto.kdf import (
        EXPORTER_LABEL,
        ExportedKeys,
        MasterKey,
        SessionKeys,
        derive,
        session_keys,
        split_exporter,
    )
    from perc_scapy.crypto.perc import PercPacket, PercReceiver, PercSender
    from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
    from perc_scapy.crypto.secret import Key
    from perc_scapy.crypto.srtp import SrtpContext

_HOME = {
    "DoubleContext": "double",
    "DoublePacket": "double",
    "EKT_CIPHERS": "ekt",
    "EXPORTER_LABEL": "kdf",
    "EktCandidate": "ekt_receiver",
    "EktCipherRow": "ekt",
    "EktParameters": "ekt",
    "EktPlaintext": "ekt",
    "EktReceiver": "ekt_receiver",
    "EktSender": "ekt_sender",
    "ExportedKeys": "kdf",
    "HeaderChange": "hop",
    "KEEP": "hop",
    "Key": "secret",
    "MasterKey": "kdf",
    "NO_CHANGE": "hop",
    "OuterPacket": "double",
    "PercPacket": "perc",
    "PercReceiver": "perc",
    "PercSender": "perc",
    "SRTP_PROFILES": "profiles",
    "SessionKeys": "kdf",
    "SrtpContext": "srtp",
    "SrtpProfile": "profiles",
    "SyntheticPacket": "double",
    "change_headers": "hop",
    "derive": "kdf",
    "relay": "hop",
    "session_keys": "kdf",
    "split_exporter": "kdf",
    "unwrap": "ekt",
    "wrap": "ekt",
}

__all__ = [
    "EKT_CIPHERS",
    "EXPORTER_LABEL",
    "KEEP",
    "NO_CHANGE",
    "SRTP_PROFILES",
    "DoubleContext",
    "DoublePacket",
    "EktCandidate",
    "EktCipherRow",
    "EktParameters",
    "EktPlaintext",
    "EktReceiver",
    "EktSender",
    "ExportedKeys",
    "HeaderChange",
    "Key",
    "MasterKey",
    "OuterPacket",
    "PercPacket",
    "PercReceiver",
    "PercSender",
    "SessionKeys",
    "SrtpContext",
    "SrtpProfile",
    "SyntheticPacket",
    "change_headers",
    "derive",
    "fingerprint",
    "parse_fingerprint",
    "relay",
    "session_keys",
    "split_exporter",
    "unwrap",
    "wrap",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
