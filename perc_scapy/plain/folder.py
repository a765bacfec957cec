# SPDX-License-Identifier: GPL-2.0-only
"""Media files of a capture: one for each stream of each sender, named by who sent it.

A stream is seen on its way into the MDD and again on each way out. The file is made of the first sight, where it is
complete and unchanged; of a stream that the capture shows only on ways out, of the one with most packets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from io import BufferedWriter
from pathlib import Path
from typing import NamedTuple

from perc_scapy.capture.media import MediaPacket
from perc_scapy.pcap.closing import Closing
from perc_scapy.pcap.private import open_private
from perc_scapy.plain.names import Names
from perc_scapy.plain.streams import Output, Stream

MAX_STREAMS = 256
"""Streams at all hops together: each may have an open file. Packets of further ones are counted."""


class Made(NamedTuple):
    """One media file; or why there is none: then `path` is None and `note` says it."""

    path: Path | None
    sender: str
    """Letter or address; empty when the capture does not show it."""
    receiver: str
    """Empty when the stream was taken on its way into the MDD."""
    ssrc: int
    payload_type: int
    codec: str
    packets: int
    lost: int
    """Packets that never came."""
    dropped: int
    """Packets that are not in the file: malformed, repeated, or of a frame with a hole."""
    seconds: float
    note: str = ""


class _Sight(NamedTuple):
    """A stream at one hop."""

    stream: Stream
    inbound: bool
    """On its way into the MDD."""
    sender: str
    receiver: str


class MediaFolder(Closing):
    """Feed opened RTP packets in capture order, then `finish`. A context manager: unfinished files are removed."""

    def __init__(
        self, folder: Path, names: Names, codecs: Mapping[int, str], *, every_hop: bool = False
    ) -> None:
        self._folder, self._names, self._codecs = folder, names, codecs
        self._every_hop = every_hop
        self._sights: dict[Hashable, _Sight] = {}
        self._parts: list[Path] = []
        self._taken: set[str] = set()
        self.ignored = 0
        """Packets of streams beyond the limit."""

    def add(self, packet: MediaPacket) -> None:
        """Packets that are no RTP, or not in clear, are left out."""
        rtp = packet.rtp
        if rtp is None:
            return
        association = packet.association
        hop: Hashable = (packet.datagram.src, packet.datagram.dst)
        if association is not None:
            hop = association.client_random, packet.from_endpoint
        sight = self._sights.get((hop, packet.ssrc)) or self._new(hop, packet)
        if sight is None:
            self.ignored += 1
        else:
            sight.stream.add(rtp)

    def _new(self, hop: Hashable, packet: MediaPacket) -> _Sight | None:
        if len(self._sights) >= MAX_STREAMS:
            return None
        stream = Stream(packet.ssrc, self._codecs, self._new_file)
        inbound = packet.association is not None and packet.from_endpoint
        ends = self._names.sender(packet), self._names.receiver(packet)
        sight = self._sights[hop, packet.ssrc] = _Sight(stream, inbound, *ends)
        return sight

    def _new_file(self) -> tuple[Path, BufferedWriter]:
        part = self._folder / f".{len(self._parts)}.part"
        self._parts.append(part)
        return part, BufferedWriter(open_private(part))

    def finish(self) -> list[Made]:
        """Give the files their names. Raises `OSError`."""
        for sight in self._sights.values():
            sight.stream.finish()
        chosen = [made for sight in self._chosen() for made in self._make(sight)]
        self.remove_unfinished()
        return chosen

    def _chosen(self) -> list[_Sight]:
        by_ssrc: dict[int, list[_Sight]] = defaultdict(list)
        for sight in self._sights.values():
            by_ssrc[sight.stream.ssrc].append(sight)
        return [sight for sights in by_ssrc.values() for sight in self._of_one(sights)]

    def _of_one(self, sights: list[_Sight]) -> list[_Sight]:
        inbound = [sight for sight in sights if sight.inbound]
        if self._every_hop:
            sender = inbound[0].sender if inbound else ""
            return [s._replace(sender=s.sender or sender) for s in sights]
        return inbound or [max(sights, key=lambda sight: sight.stream.packets)]

    def _make(self, sight: _Sight) -> Iterator[Made]:
        for output in sight.stream.outputs.values():
            whole = output.close()
            path = self._named(sight, output) if whole else None
            yield Made(
                path, sight.sender, sight.receiver, output.ssrc, output.payload_type, output.codec,
                output.packets, sight.stream.sequencer.lost, output.dropped,
                0.0 if output.file is None else output.file.seconds, "" if whole else _why(output),
            )  # fmt: skip

    def _named(self, sight: _Sight, output: Output) -> Path:
        assert output.part is not None
        assert output.file is not None
        words = [sight.sender] if sight.sender else []
        words.append(f"{output.ssrc:08x}")
        words += [f"to-{sight.receiver}"] if sight.receiver else []
        name, number = "-".join(words), 1
        while (
            full := name + (f"-{number}" if number > 1 else "")
        ) + output.file.suffix in self._taken:
            number += 1
        self._taken.add(full + output.file.suffix)
        return output.part.replace(self._folder / (full + output.file.suffix))

    def remove_unfinished(self) -> None:
        """Files of hops that were not chosen, and of a run that did not end well."""
        for sight in self._sights.values():
            for output in sight.stream.outputs.values():
                output.abandon()
        for part in self._parts:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        self.remove_unfinished()


def _why(output: Output) -> str:
    if output.file is not None:
        return f"no whole frame of {output.codec}"
    if output.codec:
        return f"no files are made of {output.codec}"
    kind = output.payload_type
    return f"nothing tells the codec of payload type {kind}; --payload {kind}=CODEC"
