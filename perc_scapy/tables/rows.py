# SPDX-License-Identifier: GPL-2.0-only
"""Frames of a batch as rows of numbers: addresses, ports, payload. The common ones all at once, the rest one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import numpy as np

from perc_scapy.codes import EktMessageType
from perc_scapy.pcap.fast import Batch
from perc_scapy.pcap.fast_headers import Datagrams, gather
from perc_scapy.pcap.packets import Datagram, PayloadReader, Segment
from perc_scapy.tables.payloads import HEAD, RTCP, RTP, STUN, Fields, Values, read_payloads

if TYPE_CHECKING:
    import numpy.typing as npt

    from perc_scapy.capture.fast_media import Place
    from perc_scapy.pcap.fast_headers import Mask, Places

UDP, TCP = 1, 2
_MEDIA = (RTP, RTCP, STUN)
"""STUN tells which addresses belong to one call (RFC 8445)."""
MAX_USUAL = 16
"""Addresses that each batch is compared with one by one."""
UNUSUAL, FULL = -2, -3
"""As in `capture.fast_media`, which is not loaded where there are no keys."""
_OCTET = np.dtype("u1")


@dataclass(slots=True)
class Rows:
    """A batch with everything that needs no key."""

    batch: Batch
    plain: Datagrams
    transport: npt.NDArray[np.uint8]
    """0 neither, `UDP`, `TCP`."""
    sizes: Places
    """Octets of payload recorded; -1 without UDP and TCP."""
    missing: Places
    fields: Fields
    slow: dict[int, Datagram | Segment] = field(default_factory=dict)
    """Rows read one by one that carry or complete something."""

    def __len__(self) -> int:
        return len(self.batch)

    def media(self) -> Iterator[Place]:
        """Where RTP, RTCP and STUN packets are, in order; what needs a look of its own is marked."""
        kind = self.fields["kind"]
        found = np.flatnonzero(kind.valid & np.isin(kind.values, _MEDIA))
        octets, starts, sizes = self.batch.octets, self.plain.start[found], self.plain.size[found]
        named = self.plain.understood[found] & (kind.values[found] == RTP) & (sizes > 12)
        ends = np.where(named, starts + sizes, 1)
        starts = np.where(named, starts, 0)
        usual = named & (gather(octets, starts, _OCTET) & 0xDF == 0x80)
        last = gather(octets, ends - 1, _OCTET)
        full = last == EktMessageType.FULL
        sequences = self.fields["sequence"].values[found].astype(np.int64)
        sequences = np.where(full, FULL - sequences, sequences)
        sequences = np.where(usual & (full | (last == 0)), sequences, UNUSUAL)
        columns = (
            found.tolist(),
            self._names(found, named),
            starts.tolist(),
            ends.tolist(),
            sequences.tolist(),
        )
        return zip(*columns, strict=True)

    def _names(self, found: Places, named: Mask) -> list[bytes]:
        """Of each stream: addresses, ports and SSRC as they are in the packet; empty where there is none."""
        plain, octets = self.plain, self.batch.octets
        names = np.full(len(found), b"", object)
        for v6, size in ((False, 12), (True, 36)):
            places = np.flatnonzero(named & (plain.v6[found] == v6))
            if len(places):
                starts = plain.start[found[places]]
                parts = np.empty(len(places), np.dtype([("flow", f"V{size}"), ("ssrc", "V4")]))
                parts["flow"] = gather(octets, starts - size - 4, np.dtype(f"V{size}"))
                parts["ssrc"] = gather(octets, starts + 8, np.dtype("V4"))
                numbers, values = distinct_octets(parts)
                names[places] = np.array([*values, b""], object)[numbers]
        return list(names)

    def payload(self, row: int) -> Datagram | Segment | None:
        """What a row carries, as an object."""
        if self.plain.understood[row]:
            return _ALONE.read(self.batch.frame(row))
        return self.slow.get(row)

    def datagram(self, row: int) -> Datagram | None:
        """The UDP datagram of a row, as an object."""
        payload = self.payload(row)
        return payload if isinstance(payload, Datagram) else None


_ALONE = PayloadReader()
"""For frames that are understood, hence no fragments: it never remembers anything."""


class RowReader:
    """Feed batches in order; fragments are put together across them."""

    def __init__(self) -> None:
        self._payloads = PayloadReader()

    def read(self, batch: Batch) -> Rows:
        """Rows of the next batch."""
        plain = batch.headers()
        understood = plain.understood
        sizes = np.where(understood, plain.size, -1)
        transport = np.where(understood, np.uint8(UDP), np.uint8(0))
        missing = np.where(understood, plain.missing, 0)
        # What was not understood may point anywhere.
        starts = np.where(understood, plain.start, 0)
        rows = Rows(
            batch, plain, transport, sizes, missing, read_payloads(batch.octets, starts, sizes)
        )
        if not understood.all():
            self._one_by_one(rows, np.flatnonzero(~understood))
        return rows

    def _one_by_one(self, rows: Rows, places: Places) -> None:
        read, frame = self._payloads.read, rows.batch.frame
        for row in places.tolist():
            payload = read(frame(row))
            if payload is not None:
                rows.slow[row] = payload
        if rows.slow:
            _scatter(rows, np.fromiter(rows.slow, np.int64), list(rows.slow.values()))


def _scatter(rows: Rows, places: Places, payloads: list[Datagram | Segment]) -> None:
    """Put what was read one by one into the columns."""
    udp = np.fromiter((isinstance(p, Datagram) for p in payloads), bool)
    sizes = np.fromiter((len(p.data) for p in payloads), np.int64)
    rows.transport[places] = np.where(udp, UDP, TCP)
    rows.sizes[places] = sizes
    rows.missing[places] = [p.missing for p in payloads]
    # TCP is a stream: where one of its messages begins, a segment does not say.
    heads = b"".join(p.data[:HEAD].ljust(HEAD, b"\0") for p in payloads)
    starts = np.arange(len(payloads), dtype=np.int64) * HEAD
    found = read_payloads(np.frombuffer(heads, np.uint8), starts, np.where(udp, sizes, -1))
    for name, values in rows.fields.items():
        rows.fields[name] = _put(values, places, found[name])


def _put(old: Values, places: Places, new: Values) -> Values:
    values, valid = old.values.copy(), old.valid.copy()
    values[places], valid[places] = new.values, new.valid
    return Values(values, valid)


class Hosts:
    """Addresses of both ends as numbers into a list of texts that grows with the capture."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[Any, int] = {}
        self._usual: list[np.uint32] = []
        """IPv4 addresses that are looked for first."""

    def number(self, packed: Any) -> int:
        """Number of an address given as text, or as octets of an IPv4 or IPv6 address."""
        found = self._known.get(packed)
        if found is None:
            text = packed if isinstance(packed, str) else _text(packed)
            found = self._known.get(text)
            if found is None:
                found = self._known[text] = len(self.names)
                self.names.append(text)
            self._known[packed] = found
        return found

    def column(self, rows: Rows, four: npt.NDArray[np.uint32], six: Any, end: int) -> Places:
        """Numbers of one end's addresses, -1 where there is none. `end`: 0 sender, 1 receiver."""
        plain = rows.plain.understood & ~rows.plain.v6
        numbers = np.full(len(rows), -1, np.int64)
        # Most packets of a capture are between a few hosts: comparing with each is faster than sorting all.
        for value in self._usual:
            numbers[plain & (four == value)] = self._known[int(value).to_bytes(4, "big")]
        others = np.flatnonzero(plain & (numbers < 0))
        if len(others):
            values, inverse = np.unique(four[others], return_inverse=True)
            packed = [int(value).to_bytes(4, "big") for value in values]
            numbers[others] = np.array([self.number(one) for one in packed])[inverse]
            self._usual = [*values[: MAX_USUAL - len(self._usual)], *self._usual]
        for row in np.flatnonzero(rows.plain.v6).tolist():
            numbers[row] = self.number(six[row].tobytes())
        for row, payload in rows.slow.items():
            numbers[row] = self.number((payload.src, payload.dst)[end].host)
        return numbers


def distinct_octets(values: npt.NDArray[Any]) -> tuple[Places, list[bytes]]:
    """(place of each value among the distinct ones, the distinct ones), by hashing."""
    from perc_scapy.tables.extras import need

    pa = need("pyarrow")
    kind = pa.binary(values.dtype.itemsize)
    found = pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(values)]
    ).dictionary_encode()
    places = np.frombuffer(found.indices.buffers()[1], np.int32, len(values))
    return places.astype(np.int64), found.dictionary.to_pylist()


def _text(packed: bytes) -> str:
    return str(IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed))
