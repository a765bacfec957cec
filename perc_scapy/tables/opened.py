# SPDX-License-Identifier: GPL-2.0-only
"""Columns of what the keys opened: whose key, what is inside, why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perc_scapy.capture.associations import Association
from perc_scapy.capture.fast_media import FastMedia, Known, Opened
from perc_scapy.capture.media import MediaPacket
from perc_scapy.errors import DecodeError
from perc_scapy.tables.arrays import column, named
from perc_scapy.tables.payloads import Values
from perc_scapy.tables.schema import arrow_schema
from perc_scapy.wire import Ohb, rtp_header_length

if TYPE_CHECKING:
    import numpy.typing as npt

    from perc_scapy.pcap.fast_headers import Places

_NO_OHB = Ohb()
Letters = Callable[[Association | None], str]


class Outcome(NamedTuple):
    """What is the same for many packets; fields are columns of the table."""

    association: str | None = None
    from_endpoint: bool | None = None
    ekt_type: int | None = None
    hop_opened: bool | None = None
    opened: bool | None = None
    late: bool | None = None
    repeat: bool | None = None
    original_payload_type: int | None = None
    original_sequence: int | None = None
    original_marker: bool | None = None
    spi: int | None = None
    epoch: int | None = None
    key_id: str | None = None
    problem: str | None = None


_TYPES = {name: arrow_schema("packets").field(name).type for name in Outcome._fields}
_TEXTS = {"association", "key_id", "problem"}


class Outcomes(NamedTuple):
    """What became of the packets of a batch."""

    kinds: list[Outcome]
    which: npt.NDArray[np.int32]
    """Row -> place in `kinds`, -1 for rows that are no media."""
    lengths: Places
    """Octets of payload in clear, -1 where there are none."""

    def of(self, row: int) -> Outcome | None:
        """Of one row."""
        place = int(self.which[row])
        return None if place < 0 else self.kinds[place]

    def add(self, row: int, outcome: Outcome) -> None:
        """Say something of a row that is no media."""
        self.which[row] = len(self.kinds)
        self.kinds.append(outcome)

    def columns(self) -> dict[str, Any]:
        """Arrow arrays by name of their column."""
        found = {name: _column(name, self.kinds, self.which) for name in Outcome._fields}
        kind = arrow_schema("packets").field("plain_length").type
        found["plain_length"] = column(Values(self.lengths, self.lengths >= 0), kind)
        return found


class OutcomeReader:
    """Puts the packets that were opened and those that were not into one list of outcomes."""

    def __init__(self, media: FastMedia, letters: Letters) -> None:
        self._media, self._letters = media, letters

    def read(self, count: int, opened: Opened, sizes: Places) -> Outcomes:
        """Of a batch of `count` rows. `sizes`: octets of each row's UDP payload."""
        kinds: list[Outcome] = []
        which = np.full(count, -1, np.int32)
        lengths = np.full(count, -1, np.int64)
        if opened.rows:
            numbers, inverse = np.unique(np.array(opened.lines, np.int64), return_inverse=True)
            known = [self._media.known[int(number)] for number in numbers]
            kinds += map(self._of, known)
            which[opened.rows] = inverse
            overheads = np.array([one.overhead for one in known])
            lengths[opened.rows] = sizes[opened.rows] - overheads[inverse]
        for row, media in opened.others.items():
            which[row] = len(kinds)
            kinds.append(outcome(media, self._letters))
            lengths[row] = _plain_length(media)
        return Outcomes(kinds, which, lengths)

    def _of(self, known: Known) -> Outcome:
        hop, key = known.hop, known.key
        return Outcome(
            self._letters(hop.association) or None, _side(hop), known.ekt_type,
            hop_opened=True, opened=True, late=False, repeat=False,
            spi=key.spi, epoch=key.epoch, key_id=key.name,
        )  # fmt: skip


def _side(hop: Any) -> bool | None:
    return None if hop.association is None else hop.from_endpoint


def outcome(media: MediaPacket, letters: Letters) -> Outcome:
    """Of a packet that was read by itself."""
    opened = media.opened
    ohb = opened.ohb or _NO_OHB
    return Outcome(
        letters(media.association) or None,
        _side(media),
        None if opened.ekt is None else opened.ekt.type,
        opened.outer is not None,
        opened.plain is not None,
        opened.late,
        opened.repeat,
        ohb.pt,
        ohb.seq,
        ohb.marker,
        opened.spi,
        opened.epoch,
        opened.key_id,
        opened.problem or None,
    )


def _plain_length(media: MediaPacket) -> int:
    plain = media.opened.plain
    if plain is None:
        return -1
    try:
        return len(plain) - (rtp_header_length(plain) if media.kind == "rtp" else 0)
    except DecodeError:
        return -1


def _column(name: str, outcomes: list[Outcome], which: Any) -> Any:
    place = Outcome._fields.index(name)
    values = [one[place] for one in outcomes]
    if name in _TEXTS:
        texts = dict.fromkeys(v for v in values if isinstance(v, str))
        number = {text: index for index, text in enumerate(texts)}
        return named(
            _take((number.get(str(v), -1) if v is not None else -1 for v in values), which, -1),
            list(texts),
        )
    valid = _take((v is not None for v in values), which, 0).astype(bool)
    return column(Values(_take((int(v or 0) for v in values), which, 0), valid), _TYPES[name])


def _take(values: Iterable[int], which: Any, absent: int) -> Any:
    """A value for each row by its outcome; `absent` for rows without one."""
    return np.array([*values, absent], np.int64)[which]
