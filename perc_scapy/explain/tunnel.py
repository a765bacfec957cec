# SPDX-License-Identifier: GPL-2.0-only
"""Why a tunnel message is refused: it has another reading of draft-jones-perc-dtls-tunnel-00 section 6, or another
version's layout. A reading fits when it uses up every octet and its DTLS message is whole records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perc_scapy.codes import ContentType, Draft00MessageType, ProtectionProfile
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.dtls.codec import decode_fragments
from perc_scapy.dtls.record import split_records
from perc_scapy.errors import DecodeError
from perc_scapy.explain.search import Option, Outcome, search

T00 = "draft-jones-perc-dtls-tunnel-00 section 6"
VECTOR = f"{T00}: the prefix of a vector is as wide as its maximum needs"

_RECORDS = {bytes((kind,)) for kind in ContentType}
_KNOWN = {int(profile) for profile in ProtectionProfile}

ASPECTS: dict[str, list[Option]] = {
    "messages": [
        Option(1),
        Option(2, "two tunnel messages are in one record", f"{T00}: one message a record"),
        Option(3, "three tunnel messages are in one record", f"{T00}: one message a record"),
    ],
    "order": [
        Option("body first"),
        Option(
            "DTLS first",
            "the DTLS message stands before the body",
            f"{T00}; so it is in versions -01 to -03",
        ),
    ],
    "association": [
        Option(16),
        Option(4, "the association id has 4 octets", f"{T00}; so it is in version -03"),
    ],
    "conference": [
        Option(16),
        Option(0, "there is no conference id", f"{T00}; so it is in versions -01 to -03"),
    ],
    "list": [
        Option(2),
        Option(1, "the length of the profile list has one octet", VECTOR),
        Option(-2, "the profile list has two length prefixes", T00),
    ],
    "mki": [
        Option(1),
        Option(0, "there is no MKI behind the profile list", T00),
        Option(2, "the length of the MKI has two octets", VECTOR),
    ],
    "profiles": [
        Option(1),
        Option(
            2,
            "the key information names two profiles",
            f"{T00}: uint8[2] is one profile of two octets",
        ),
        Option(0, "the key information names no profile", f"{T00}; so it is in version -01"),
    ],
    "keys": [
        Option(2),
        Option(1, "the lengths of keys and salts have one octet", VECTOR),
    ],
    "dtls": [
        Option(2),
        Option(1, "the length of the DTLS message has one octet", VECTOR),
        Option(3, "the length of the DTLS message has three octets", VECTOR),
    ],
    "inside": [
        Option("records"),
        Option(
            "messages",
            "the DTLS message is handshake messages without their records",
            f"{T00}: a DTLS message is whole records",
        ),
    ],
    "end": [
        Option("whole"),
        Option(
            "open",
            "the message goes on in the next record",
            f"{T00}: a message never takes more than one record",
        ),
    ],
    "halves": [
        Option("outer"),
        Option(
            "full",
            "the key information holds full keys, inner halves included",
            "RFC 8871 section 6.2; T00-KMF-13",
        ),
        Option(
            "any",
            "the lengths of keys and salts are not those of the profile",
            "RFC 8723 section 3",
        ),
    ],
}
"""Aspect -> readings. Only what a message's type has is looked at."""


def explain_tunnel_message(content: bytes) -> Outcome:
    """Search over readings of one tunnel message (the content of one record)."""
    return search(ASPECTS, lambda values: _fits(content, values))


def _fits(content: bytes, values: Mapping[str, Any]) -> bool:
    reader = _Reader(content)
    try:
        for _ in range(values["messages"]):
            _message(reader, values)
    except DecodeError:
        return False
    return not reader.left


class _Reader:
    """Octets from front to end; `DecodeError` when they run out."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, count: int) -> bytes:
        if count > len(self.left):
            raise DecodeError("cut short")
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def sized(self, prefix: int) -> bytes:
        return self.take(int.from_bytes(self.take(prefix), "big"))


def _message(reader: _Reader, values: Mapping[str, Any]) -> None:
    if reader.take(2) != b"\x01\x00":
        raise DecodeError("version")
    reader.take(values["association"] + values["conference"])
    early = values["order"] == "DTLS first"
    kind = reader.take(1)[0] if not early or values["conference"] else -1
    if early:
        _dtls(reader, values)
        kind = kind if kind >= 0 else (reader.take(1)[0] if reader.left else 0)
    _body(reader, kind, values)
    if not early:
        _dtls(reader, values)


def _dtls(reader: _Reader, values: Mapping[str, Any]) -> None:
    message = (
        _begun(reader, values["dtls"]) if values["end"] == "open" else reader.sized(values["dtls"])
    )
    if values["inside"] == "messages":
        if not (message and decode_fragments(message)):
            raise DecodeError("no handshake messages")
        return
    records, clean = split_records(message)
    if message and not (records and clean) and values["end"] == "whole":
        raise DecodeError("no whole DTLS records")


def _begun(reader: _Reader, prefix: int) -> bytes:
    """The first piece of a DTLS message whose length says that there is more of it than there is here."""
    length = int.from_bytes(reader.take(prefix), "big")
    if length <= len(reader.left) or reader.left[:1] not in _RECORDS or reader.left[1:2] != b"\xfe":
        raise DecodeError("nothing is missing at the end, or it is no record")
    return reader.take(len(reader.left))


def _body(reader: _Reader, kind: int, values: Mapping[str, Any]) -> None:
    if kind == Draft00MessageType.SUPPORTED_PROFILES:
        _profiles(reader, values)
    elif kind == Draft00MessageType.SRTP_KEY_INFORMATION:
        _keys(reader, values)
    elif kind != Draft00MessageType.EMPTY:
        raise DecodeError("type")


def _profiles(reader: _Reader, values: Mapping[str, Any]) -> None:
    prefix = values["list"]
    if prefix < 0:
        reader.take(2)
    listed = reader.sized(abs(prefix))
    first = int.from_bytes(listed[:2], "big")
    counts = prefix > 0 and first == len(listed) - 2 and first not in _KNOWN  # a second prefix
    if not listed or len(listed) % 2 or counts:
        raise DecodeError("profile list")
    if values["mki"]:
        reader.sized(values["mki"])


def _keys(reader: _Reader, values: Mapping[str, Any]) -> None:
    profiles = [int.from_bytes(reader.take(2), "big") for _ in range(values["profiles"])]
    sizes = [len(reader.sized(values["keys"])) for _ in range(4)]
    row = SRTP_PROFILES.get(profiles[0]) if profiles else None
    if row is None or values["halves"] == "any":
        good = (
            bool(profiles) and min(sizes) > 0 if values["halves"] == "any" else sizes[0] in (16, 32)
        )
    else:
        layer = row if values["halves"] == "full" else row.layer
        good = sizes == [layer.key_length] * 2 + [layer.salt_length] * 2
    if not good:
        raise DecodeError("key lengths")
