# SPDX-License-Identifier: GPL-2.0-only
"""SRTP keys that signalling carries in clear (`a=crypto … inline:…`, RFC 4568): blotted out where they stand."""

from __future__ import annotations

import re

_INLINE = re.compile(rb"(?<=inline:)[A-Za-z0-9+/=]{16,}")


def without_sdes_keys(frame: bytes) -> bytes:
    """The same octets with `A`s for the keys. The checksum of such a packet is wrong afterwards, which readers of
    captures bear; one that was cut between two packets keeps what its second part has of it.
    """
    if b"inline:" not in frame:
        return frame
    return _INLINE.sub(lambda match: b"A" * len(match[0]), frame)
