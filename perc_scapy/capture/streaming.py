# SPDX-License-Identifier: GPL-2.0-only
"""A capture of any size read twice, in memory that does not grow with it.

The first pass keeps what keys come from: DTLS datagrams, TCP segments, and each different full EKT field once. The
second pass opens packet after packet and keeps none. Media are opened as `Analysis.media` opens them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.learned import LateOpener, keys_in_fields
from perc_scapy.capture.media import MediaPacket, MediaReader, same_conference
from perc_scapy.codes import ContentType, EktMessageType
from perc_scapy.errors import DecodeError
from perc_scapy.pcap.frames import Frame, Interface
from perc_scapy.pcap.packets import Datagram, PayloadReader, Segment
from perc_scapy.pcap.reader import open_capture
from perc_scapy.wire import EktField, classify, peel_ekt

OBJECT_COST = 1024
"""Octets that a kept packet costs beside its own, about: the objects around it."""
HANDSHAKE_BUDGET, DATA_BUDGET = 48 << 20, 48 << 20
"""Octets kept of DTLS handshakes, and of DTLS application data (tunnels, but also data channels)."""
MAX_FIELDS = 1 << 14
"""Different full EKT fields kept; a sender makes one a key and rollover."""


class StreamedPacket(NamedTuple):
    """One frame; the UDP datagram that it holds or completes, and the media packet in that."""

    frame: Frame
    datagram: Datagram | None
    media: MediaPacket | None


class StreamedCapture:
    """Opens `path` ("-": standard input, copied to a private temporary file) and reads it once.

    Then `analysis` tells everything about DTLS and has no media, `damage` says why reading stopped early (or None),
    and each iteration reads the file again. The keyring gets the capture's own secrets. Raises `ConfigError`.
    """

    def __init__(self, path: str | Path, keys: Keyring | KeyLog | None = None) -> None:
        self._spool = spooled() if str(path) == "-" else None
        self._path = path if self._spool is None else self._spool.name
        self.keys = Keyring.from_keys(keys)
        self.packets = 0
        """Frames in the file."""
        self.left_out = 0
        """DTLS packets beyond the budget: more key material than memory was set aside for."""
        self.damage: str | None = None
        self.interfaces: list[Interface] = []
        """What the file says of them; a frame's `interface` counts in here."""
        self._fields: dict[bytes, EktField] = {}
        self.analysis = self._first_pass()

    def _first_pass(self) -> Analysis:
        with open_capture(self._path) as reader:
            kept = list(self._kept(reader))
        self.damage, self.interfaces = reader.damage, reader.interfaces
        for text in reader.secrets:
            self.keys.keylog.add_text(text)
        return Analysis(kept, self.keys.keylog)

    def _kept(self, frames: Iterable[Frame]) -> Iterator[Datagram]:
        """What keys come from, within the budgets."""
        left = {True: DATA_BUDGET, False: HANDSHAKE_BUDGET}
        read = PayloadReader().read
        for frame in frames:
            self.packets = frame.number
            payload = read(frame)
            if payload is None or not payload.data or isinstance(payload, Segment):
                continue
            data = payload.data
            kind = classify(data)
            if kind == "rtp" and data[-1] == EktMessageType.FULL:
                self._field(data)
            elif kind == "dtls":
                bulk = data[0] == ContentType.APPLICATION_DATA
                left[bulk] -= len(data) + OBJECT_COST
                if left[bulk] >= 0:
                    yield payload
                else:
                    self.left_out += 1

    def _field(self, data: bytes) -> None:
        try:
            field = peel_ekt(data)[1]
        except DecodeError:
            return
        if len(self._fields) < MAX_FIELDS:
            self._fields[field.raw] = field

    def __iter__(self) -> Iterator[StreamedPacket]:
        associations = self.analysis.associations
        reader = MediaReader(associations, same_conference(associations), self.keys.statements)
        sets = [received.parameters for a in associations for received in a.ekt_keys()]
        late = LateOpener(keys_in_fields(self._fields.values(), sets))
        with open_capture(self._path) as frames:
            read = PayloadReader().read
            for frame in frames:
                payload = read(frame)
                datagram = payload if isinstance(payload, Datagram) else None
                media = None if datagram is None else reader.read(datagram)
                if media is not None and media.opened.plain is None:
                    late.open(media)
                yield StreamedPacket(frame, datagram, media)

    def close(self) -> None:
        """Remove the copy of standard input, if there is one."""
        if self._spool is not None:
            self._spool.close()

    def __enter__(self) -> StreamedCapture:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def spooled() -> IO[bytes]:
    """Standard input in a temporary file that only its owner may read and that vanishes when it is closed."""
    file = tempfile.NamedTemporaryFile(prefix="perc-", suffix=".capture")  # noqa: SIM115  closed by its owner
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    return file
