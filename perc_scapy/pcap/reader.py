# SPDX-License-Identifier: GPL-2.0-only
"""Opens a capture file of any known format, gzip and standard input included.

A damaged file gives all packets up to the damage.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from perc_scapy.errors import ConfigError
from perc_scapy.pcap import unzip
from perc_scapy.pcap.closing import Closing
from perc_scapy.pcap.frames import CaptureDamaged, Frame, Interface, Source
from perc_scapy.pcap.pcap_reader import MAGICS, pcap_frames
from perc_scapy.pcap.pcapng import TLS_KEY_LOG
from perc_scapy.pcap.pcapng_reader import MAGIC, PcapngReader, Secret, Section

STANDARD_INPUT = "-"
_REFUSED = {
    b"\xa1\xb2\xcd\x34": "a modified pcap with longer packet headers (Kuznetzov)",
    b"\x34\xcd\xb2\xa1": "a modified pcap with longer packet headers (Kuznetzov)",
    b"\xa1\xb2\x34\xcd": "a modified pcap (Navtel or IXIA)",
    b"\xcd\x34\xb2\xa1": "a modified pcap (Navtel or IXIA)",
    b"snoo": "a snoop file",
}
"""First four octets -> what Wireshark's editcap can make a pcapng of."""
_PACKED = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zX": "xz",
    b"BZh9": "bzip2",
}


class CaptureReader(Closing):
    """Iterate once to get frames in file order.

    Then `interfaces`, `secrets` (key logs) and `other_secrets` hold what the file said besides, and `damage` says
    why and at which octet reading stopped early, or is None. Raises `ConfigError` at once when the stream is no
    capture at all.
    """

    def __init__(self, stream: BinaryIO, name: str = "capture") -> None:
        self._stream, self._name = stream, name
        self.interfaces: list[Interface] = []
        self.packets = 0
        """Frames given so far."""
        self.damage: str | None = None
        self._secrets: list[Secret] = []
        self.source = Source(stream)
        """The octets of the file, unpacked."""
        self._pcapng: PcapngReader | None = None
        self._frames = self._open()

    @property
    def secrets(self) -> list[bytes]:
        """Key logs found inside so far."""
        return [secret.text for secret in self._secrets if secret.kind == TLS_KEY_LOG]

    @property
    def other_secrets(self) -> list[Secret]:
        """Decryption Secrets Blocks of other kinds."""
        return [secret for secret in self._secrets if secret.kind != TLS_KEY_LOG]

    @property
    def section(self) -> Section | None:
        """The section of a pcapng file that is being read."""
        return None if self._pcapng is None else self._pcapng.section

    @property
    def report(self) -> str:
        """The damage as a line for people: file, packet number, reason, octet; empty when there is none."""
        if self.damage is None:
            return ""
        return f"{self._name}: damaged after packet {self.packets}: {self.damage}"

    def _open(self) -> Iterator[Frame]:
        if self.source.peek(2) == unzip.MAGIC:
            self.source = Source(unzip.Unzipped(self.source))
        try:
            magic = self.source.peek(4)
        except CaptureDamaged as damage:
            raise ConfigError(f"{self._name}: not a pcap or pcapng file: {damage}") from None
        if magic == MAGIC:
            self._pcapng = PcapngReader(self.source, self.interfaces, self._secrets)
            return self._pcapng.frames()
        if magic in MAGICS:
            return self._pcap()
        raise ConfigError(f"{self._name}: {_what(magic)}")

    def _pcap(self) -> Iterator[Frame]:
        yield from pcap_frames(self.source, self.interfaces)

    def __iter__(self) -> Iterator[Frame]:
        try:
            for frame in self._frames:
                self.packets = frame.number
                yield frame
        except CaptureDamaged as damage:
            at = self.source.position if damage.offset is None else damage.offset
            self.damage = str(CaptureDamaged(damage.what, at))

    def close(self) -> None:
        if self._stream is not _standard_input():
            self._stream.close()


def _what(magic: bytes) -> str:
    if magic in _REFUSED:
        return f"{_REFUSED[magic]}; editcap -F pcapng makes one of it that can be read"
    if magic in _PACKED:
        return f"packed with {_PACKED[magic]}; unpack it first (gzip is read as it is)"
    return "not a pcap or pcapng file"


def _standard_input() -> BinaryIO | None:
    return None if sys.stdin is None else sys.stdin.buffer


def open_capture(path: str | Path) -> CaptureReader:
    """Open a capture file; `-` is standard input. Raises `ConfigError` when it is missing or something else."""
    if str(path) == STANDARD_INPUT:
        return _open_standard_input()
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


def _open_standard_input() -> CaptureReader:
    stream = _standard_input()
    if stream is None:
        raise ConfigError("standard input is closed")
    if stream.isatty():
        raise ConfigError("standard input is a terminal; give a capture with < FILE or a pipe")
    return CaptureReader(stream, "standard input")
