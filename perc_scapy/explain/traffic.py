# SPDX-License-Identifier: GPL-2.0-only
"""The media packets of a capture by stream: looked up for each packet that is explained, so indexed once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from perc_scapy.capture.media import MediaPacket

Stream = tuple[str, int, bool, int]
"""`rtp` or `rtcp`, identity of the association, does it come from the endpoint, SSRC."""


class Traffic:
    """Made from the media packets of one analysis, in capture order."""

    def __init__(self, media: Iterable[MediaPacket]) -> None:
        self._streams: dict[Stream, list[MediaPacket]] = defaultdict(list)
        self._senders: dict[int, set[int]] = defaultdict(set)
        for m in media:
            self._streams[stream_of(m)].append(m)
            if m.from_endpoint:
                self._senders[m.ssrc].add(id(m.association))

    def stream(self, media: MediaPacket) -> list[MediaPacket]:
        """The packets of the same SSRC at the same hop, in the same direction; itself is one of them."""
        return self._streams.get(stream_of(media), [])

    def senders(self, ssrc: int) -> int:
        """How many endpoints send this SSRC."""
        return len(self._senders.get(ssrc, ()))


def stream_of(media: MediaPacket) -> Stream:
    """Hashable name of the stream that a packet is of."""
    return media.kind, id(media.association), media.from_endpoint, media.ssrc
