# SPDX-License-Identifier: GPL-2.0-only
"""DTLS 1.2 record headers in what OpenSSL wrote: memory BIOs join whole flights, the network wants datagrams."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.codes import ContentType

HEADER = 13
"""type(1) version(2) epoch(2) sequence(6) length(2), RFC 6347 4.1."""


def records(data: bytes) -> Iterator[bytes]:
    """Cut a chain of whole records; a rest that is no record comes last, as it is."""
    while data:
        end = HEADER + int.from_bytes(data[11:13], "big")
        yield data[:end]
        data = data[end:]


def pack(data: bytes, mtu: int) -> list[bytes]:
    """Records joined into datagrams of at most `mtu` octets; application data always travels alone."""
    datagrams: list[bytes] = []
    room = 0
    for record in records(data):
        alone = record[0] == ContentType.APPLICATION_DATA
        if datagrams and not alone and len(record) <= room:
            datagrams[-1] += record
        else:
            datagrams.append(record)
            room = mtu
        room = 0 if alone else room - len(record)
    return datagrams


def plain_alert(data: bytes) -> int | None:
    """Description of the first alert that travels in clear (epoch 0), or None."""
    for record in records(data):
        if len(record) == HEADER + 2 and record[0] == ContentType.ALERT and not any(record[3:5]):
            return record[-1]
    return None
