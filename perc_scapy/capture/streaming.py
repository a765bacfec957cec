# SPDX-License-Identifier: GPL-2.0-only
"""A capture of any size read twice, in memory that does not grow with it.

The first pass keeps what keys come from: DTLS datagrams, TCP segments, and each different full EKT field once. The
second pass opens packet after packet and keeps none. Media are opened as `Analysis.media` opens them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.first_pass import first_pass
from perc_scapy.capture.key_material import KeyMaterial
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.media import MediaPacket
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.closing import Closing
from perc_scapy.pcap.frames import Frame, Interface
from perc_scapy.pcap.packets import Datagram, PayloadReader
from perc_scapy.pcap.reader import open_capture


class StreamedPacket(NamedTuple):
    """One frame; the UDP datagram that it holds or completes, and the media packet in that."""

    frame: Frame
    datagram: Datagram | None
    media: MediaPacket | None


class StreamedCapture(Closing):
    """Opens `path` ("-", standard input, and pipes are copied to a private temporary file) and reads it once.

    Then `analysis` tells everything about DTLS and has no media, `damage` says why reading stopped early (or None),
    and each iteration reads the file again. The keyring gets the capture's own secrets. `tunnel`: as `Analysis` takes
    it. Raises `ConfigError`.
    """

    def __init__(
        self,
        path: str | Path,
        keys: Keyring | KeyLog | None = None,
        *,
        tunnel: str | None = None,
    ) -> None:
        self._spool = _copied(path)
        self._path = path if self._spool is None else self._spool.name
        self.keys = Keyring.from_keys(keys)
        self.packets = 0
        """Frames in the file."""
        self.damage: str | None = None
        self.interfaces: list[Interface] = []
        """What the file says of them; a frame's `interface` counts in here."""
        self._tunnel = tunnel
        self._material: KeyMaterial
        self.analysis = self._first_pass()

    @property
    def left_out(self) -> int:
        """Packets with key material beyond the memory that was set aside for it."""
        return self._material.left_out

    def _first_pass(self) -> Analysis:
        found = first_pass(self._path)
        self._material, self.packets, self.damage = found.material, found.packets, found.damage
        self.interfaces = found.interfaces
        for text in found.secrets:
            self.keys.keylog.add_text(text)
        return self._material.analysis(self.keys, self._tunnel)

    def __iter__(self) -> Iterator[StreamedPacket]:
        media_reader, late = self._material.openers(self.analysis)
        with open_capture(self._path) as frames:
            read = PayloadReader().read
            for frame in frames:
                payload = read(frame)
                datagram = payload if isinstance(payload, Datagram) else None
                media = None if datagram is None else media_reader.read(datagram)
                if media is not None and media.opened.plain is None:
                    late.open(media)
                yield StreamedPacket(frame, datagram, media)

    def close(self) -> None:
        """Remove the copy of standard input, if there is one."""
        if self._spool is not None:
            self._spool.close()


def read_once(path: str | Path) -> bool:
    """Whether what is read there is gone afterwards: standard input ("-") and pipes."""
    return str(path) == "-" or Path(path).is_fifo()


def _copied(path: str | Path) -> IO[bytes] | None:
    if str(path) == "-":
        return spooled()
    if not read_once(path):
        return None
    try:
        with Path(path).open("rb") as pipe:
            return spooled(pipe)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def spooled(stream: IO[bytes] | None = None) -> IO[bytes]:
    """Standard input, or `stream`, in a temporary file that only its owner may read.

    It vanishes when it is closed.
    """
    file = tempfile.NamedTemporaryFile(prefix="perc-", suffix=".capture")  # noqa: SIM115  closed by its owner
    shutil.copyfileobj(sys.stdin.buffer if stream is None else stream, file)
    file.flush()
    return file
