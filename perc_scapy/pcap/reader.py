# SPDX-License-Identifier: GPL-2.0-only
"""Opens a capture file of any known format. A damaged file gives all packets up to the damage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from perc_scapy.errors import ConfigError
from perc_scapy.pcap.frames import CaptureDamaged, Frame, Source
from perc_scapy.pcap.pcap_reader import MAGICS, pcap_frames
from perc_scapy.pcap.pcapng_reader import MAGIC, PcapngReader


class CaptureReader:
    """Iterate once to get frames in file order.

    Then `secrets` holds the key logs found inside, and `damage` says where and why reading stopped early, or is
    None. Raises `ConfigError` at once when the stream is no capture at all.
    """

    def __init__(self, stream: BinaryIO, name: str = "capture") -> None:
        self._stream = stream
        self.secrets: list[bytes] = []
        self.damage: str | None = None
        self._frames = self._open(Source(stream), name)

    def _open(self, source: Source, name: str) -> Iterator[Frame]:
        try:
            magic = source.take(4, name)
        except CaptureDamaged:
            magic = b""
        if magic == MAGIC:
            return PcapngReader(source, self.secrets).frames()
        if magic in MAGICS:
            return pcap_frames(source, magic)
        raise ConfigError(f"{name}: not a pcap or pcapng file")

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from self._frames
        except CaptureDamaged as damage:
            self.damage = str(damage)

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> CaptureReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_capture(path: str | Path) -> CaptureReader:
    """Open a capture file. Raises `ConfigError` when it is missing, unreadable or something else."""
    try:
        stream = Path(path).open("rb")  # noqa: SIM115  the reader closes it
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    try:
        return CaptureReader(stream, str(path))
    except (ConfigError, OSError) as error:
        stream.close()
        reason = error.strerror if isinstance(error, OSError) else None
        raise (error if reason is None else ConfigError(f"{path}: {reason}")) from None
