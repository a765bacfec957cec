# SPDX-License-Identifier: GPL-2.0-only
"""Frames of a capture in batches of thousands, for work on columns; the same frames as a `CaptureReader` gives.

Runs of plain packet records are found by their lengths alone. Everything else (file and interface headers, secrets,
other blocks, the end, damage) is left to the reader, one frame at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any

import numpy as np

from perc_scapy.pcap.fast_headers import PAD, Datagrams, gather, read_headers
from perc_scapy.pcap.frames import Frame, Interface
from perc_scapy.pcap.pcap_reader import LONGEST_PACKET, MAGICS
from perc_scapy.pcap.pcapng import ENHANCED_PACKET
from perc_scapy.pcap.pcapng_reader import Section
from perc_scapy.pcap.reader import CaptureReader, open_capture

if TYPE_CHECKING:
    import numpy.typing as npt

    from perc_scapy.pcap.fast_headers import Octets, Places

READ = 1 << 22
"""Octets asked of the file at once: many packets, yet little enough for a processor's cache."""
MAX_SINGLES = 2048
"""Frames read one at a time that make a batch."""
NO_TIME = -(1 << 63)
"""A time that 64 bits of nanoseconds cannot hold."""
_SECOND = 1_000_000_000


@dataclass(slots=True)
class Batch:
    """Consecutive frames of a capture. `data` holds their octets and `PAD` or more behind the last one."""

    first: int
    """Number of the first frame."""
    data: bytes
    octets: Octets
    """`data` as an array."""
    starts: Places
    captured: Places
    """Octets recorded of each frame."""
    lengths: Places
    """Octets on the wire."""
    times: Places
    """Nanoseconds since 1970, or `NO_TIME`."""
    link_types: Places
    interfaces: Places
    wild: dict[int, int] = field(default_factory=dict)
    """Row -> the time that is no time."""

    def __len__(self) -> int:
        return len(self.starts)

    def frame(self, row: int) -> Frame:
        """One frame by itself."""
        start = int(self.starts[row])
        return Frame(
            self.first + row,
            self.wild.get(row) or int(self.times[row]),
            int(self.link_types[row]),
            self.data[start : start + int(self.captured[row])],
            int(self.lengths[row]),
            int(self.interfaces[row]),
        )

    def headers(self) -> Datagrams:
        """Its datagrams, as far as they are plain."""
        links = self.link_types
        if (links == links[0]).all():
            return read_headers(self.octets, self.starts, self.captured, int(links[0]))
        whole = read_headers(self.octets, self.starts, self.captured, -1)
        for link in np.unique(links):
            places = np.flatnonzero(links == link)
            starts, captured = self.starts[places], self.captured[places]
            whole.put(places, read_headers(self.octets, starts, captured, int(link)))
        return whole

    @classmethod
    def of(cls, frames: list[Frame]) -> Batch:
        """A batch of frames read one at a time."""
        data = b"".join(frame.data for frame in frames) + bytes(PAD)
        captured = _numbers(len(frame.data) for frame in frames)
        return cls(
            frames[0].number, data, np.frombuffer(data, np.uint8),
            np.cumsum(captured) - captured, captured, _numbers(f.length for f in frames),
            _numbers(clipped(f.time_ns) for f in frames), _numbers(f.link_type for f in frames),
            _numbers(f.interface for f in frames), _wild(f.time_ns for f in frames),
        )  # fmt: skip


def _numbers(values: Any) -> Places:
    return np.fromiter(values, np.int64)


def clipped(time_ns: int) -> int:
    """A time as a column can hold it."""
    return time_ns if -(1 << 63) < time_ns < 1 << 63 else NO_TIME


def _wild(times: Iterable[int]) -> dict[int, int]:
    return {row: time for row, time in enumerate(times) if clipped(time) != time}


class BatchReader:
    """Iterate once for batches. `reader` then holds secrets and damage as after reading frame by frame."""

    def __init__(self, path: str | Path) -> None:
        """Raises `ConfigError` like `open_capture`."""
        self.reader: CaptureReader = open_capture(path)
        source = self.reader.source
        source.chunk = READ
        magic = source.peek(4)
        self._order = MAGICS[magic][0] if magic in MAGICS else ""

    def __iter__(self) -> Iterator[Batch]:
        frames, singles, number = iter(self.reader), list[Frame](), 0
        while (frame := next(frames, None)) is not None:
            frame.number = number = number + 1
            singles.append(frame)
            batch = self._plain(number + 1)
            if batch is not None or len(singles) >= MAX_SINGLES:
                yield Batch.of(singles)
                singles = []
            while batch is not None:
                yield batch
                number += len(batch)
                # The packet at the seam comes whole with those behind it.
                self.reader.source.renew()
                batch = self._plain(number + 1)
        self.reader.packets = number
        if singles:
            yield Batch.of(singles)

    def _plain(self, number: int) -> Batch | None:
        """The run of plain packet records that the source holds; it goes on behind them."""
        source = self.reader.source
        data, at = source.window()
        if len(data) - at < 2 * PAD:
            return None
        if self._order:
            found, end = _pcap_run(data, at, self._order, self.reader.interfaces[0], number)
        else:
            assert self.reader.section is not None  # there is one once the first frame came
            found, end = _pcapng_run(data, at, self.reader.section, number)
        source.skip(end - at)
        return found

    def close(self) -> None:
        self.reader.close()

    def __enter__(self) -> BatchReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pcap_run(
    data: bytes, at: int, order: str, interface: Interface, number: int
) -> tuple[Batch | None, int]:
    """Whole records up to `PAD` octets before the end of `data`, and where they end."""
    captured_at, last = Struct(order + "I").unpack_from, len(data) - PAD
    begin, places = at, list[int]()
    add, stop = places.append, last - 16
    while at <= stop:
        add(at)
        at += 16 + captured_at(data, at + 8)[0]
    if at > last:  # the last one goes on behind what is at hand, or claims to
        at = places.pop()
    if not places:
        return None, begin
    octets, records = np.frombuffer(data, np.uint8), np.array(places, np.int64)
    head = gather(octets, records, np.dtype([(name, order + "u4") for name in "sfcl"]))
    absurd = head["c"] > max(interface.snaplen, LONGEST_PACKET)
    if absurd.any():
        good = int(absurd.argmax())
        at, head, records = places[good], head[:good], records[:good]
    if not len(records):
        return None, begin
    seconds, fraction, captured, length = (head[name].astype(np.int64) for name in "sfcl")
    times = seconds * _SECOND + fraction * (_SECOND // interface.units)
    same = np.zeros(len(records), np.int64)
    return Batch(
        number, data, octets, records + 16, captured, np.maximum(length, captured), times,
        same + interface.link_type, same,
    ), at  # fmt: skip


def _pcapng_run(data: bytes, at: int, section: Section, number: int) -> tuple[Batch | None, int]:
    """Whole Enhanced Packet Blocks without contradictions, and where they end."""
    head_at, last = section.block_head.unpack_from, len(data) - PAD
    begin, places = at, list[int]()
    add = places.append
    while at + 12 <= last:
        kind, length = head_at(data, at)
        following = at + length
        if kind != ENHANCED_PACKET or length < 32 or length & 3 or following > last:
            break
        add(at)
        at = following
    octets, blocks = np.frombuffer(data, np.uint8), np.array(places, np.int64)
    form = np.dtype([(name, section.order + "u4") for name in "klihtco"])
    head = gather(octets, blocks, form)
    length = head["l"].astype(np.int64)
    trailer = gather(octets, blocks + length - 4, np.dtype(section.order + "u4"))
    wrong = (
        (trailer != head["l"]) | (head["c"] > length - 32) | (head["i"] >= len(section.interfaces))
    )
    if wrong.any():
        good = int(wrong.argmax())
        at, head, blocks = places[good], head[:good], blocks[:good]
    if not len(blocks):
        return None, begin
    return _packets(number, data, octets, blocks + 28, head, section), at


def _packets(
    number: int,
    data: bytes,
    octets: Octets,
    starts: Places,
    head: npt.NDArray[Any],
    section: Section,
) -> Batch:
    captured = head["c"].astype(np.int64)
    names = head["i"].astype(np.int64)
    ticks = head["h"].astype(np.uint64) << np.uint64(32) | head["t"]
    links = np.array([i.link_type for i in section.interfaces], np.int64)
    times, wild = _times(ticks, names, section.interfaces)
    return Batch(
        number, data, octets, starts, captured, np.maximum(head["o"].astype(np.int64), captured),
        times, links[names], names + section.first, wild,
    )  # fmt: skip


def _times(
    ticks: npt.NDArray[np.uint64], names: Places, interfaces: list[Interface]
) -> tuple[Places, dict[int, int]]:
    """Nanoseconds; by arithmetic on the whole column where the resolution allows."""
    units = {(interfaces[name].units, interfaces[name].offset) for name in np.unique(names)}
    if len(units) == 1:
        unit, offset = units.pop()
        factor = _SECOND // unit if unit <= _SECOND and _SECOND % unit == 0 else 0
        if factor and not offset and int(ticks.max()) < (1 << 62) // factor:
            return ticks.astype(np.int64) * factor, {}
    pairs = zip(ticks.tolist(), names.tolist(), strict=True)
    exact = [interfaces[name].nanoseconds(tick) for tick, name in pairs]
    return _numbers(map(clipped, exact)), _wild(exact)
