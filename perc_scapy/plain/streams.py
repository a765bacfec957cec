# SPDX-License-Identifier: GPL-2.0-only
"""One RTP stream at one hop: packets in order, each payload type to a file of its own once its codec is known."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from io import BufferedWriter
from pathlib import Path

from perc_scapy.errors import DecodeError
from perc_scapy.media.files import FILES, MediaFile
from perc_scapy.media.payload_types import ENOUGH, STATIC, guess
from perc_scapy.media.sequencer import RtpPayload, Sequencer
from perc_scapy.wire import peel_padding, split_rtp

MAX_UNDECIDED = 200
"""Packets of a payload type that are kept while nothing tells its codec."""
MAX_TYPES = 16
"""Payload types of one stream."""

NewFile = Callable[[], tuple[Path, BufferedWriter]]
"""A file under a name of its own, to be given its right one later."""


class Output:
    """Payloads of one type of one stream. `part` is the file so far, None as long as there is none."""

    def __init__(self, ssrc: int, payload_type: int, codec: str, new_file: NewFile) -> None:
        self.ssrc, self.payload_type, self.codec = ssrc, payload_type, codec
        self.packets = 0
        self.part: Path | None = None
        self.file: MediaFile | None = None
        self._stream: BufferedWriter | None = None
        self._new_file = new_file
        self._undecided: deque[RtpPayload] = deque(maxlen=MAX_UNDECIDED)

    def add(self, payload: RtpPayload) -> None:
        self.packets += 1
        if self.file is not None:
            self.file.add(payload)
            return
        self._undecided.append(payload)
        early = self.packets < MAX_UNDECIDED and self.packets % ENOUGH == 0
        if self.codec or early or self.packets % MAX_UNDECIDED == 0:
            self._decide()

    def close(self) -> bool:
        """Finish the file; False when there is none with media in it."""
        if self.file is None:
            self._decide()
        whole = self.file is not None and self.file.close()
        if self._stream is not None:
            self._stream.close()
        return whole

    def abandon(self) -> None:
        """Let go of the file, whatever is in it; nothing happens when it is closed already."""
        if self._stream is not None:
            self._stream.close()

    @property
    def dropped(self) -> int:
        """Payloads that are in no file."""
        return self.packets if self.file is None else self.file.dropped

    def _decide(self) -> None:
        self.codec = self.codec or guess(self._undecided) or ""
        if self.codec not in FILES:
            return
        self.part, self._stream = self._new_file()
        self.file = FILES[self.codec](self._stream, self.ssrc, self.codec)
        for payload in self._undecided:
            self.file.add(payload)
        self._undecided.clear()


class Stream:
    """Feed the plain RTP packets of one SSRC at one hop. `codecs`: what the user says of payload types."""

    def __init__(self, ssrc: int, codecs: Mapping[int, str], new_file: NewFile) -> None:
        self.ssrc = ssrc
        self.outputs: dict[int, Output] = {}
        self.sequencer = Sequencer()
        self._codecs, self._new_file = codecs, new_file
        self.malformed = 0

    @property
    def packets(self) -> int:
        return sum(output.packets for output in self.outputs.values())

    def add(self, rtp: bytes) -> None:
        """Take one packet; never raises on what it holds."""
        try:
            header, body, _ = split_rtp(rtp)
            payload = peel_padding(body)[0] if header[0] & 0x20 else body
        except DecodeError:
            self.malformed += 1
            return
        sequence, timestamp = (int.from_bytes(header[a:b], "big") for a, b in ((2, 4), (4, 8)))
        kind, marker = header[1] & 0x7F, bool(header[1] & 0x80)
        self._take(self.sequencer.add(sequence, timestamp, kind, marker, payload))

    def finish(self) -> None:
        """Take what still waits for packets that never came."""
        self._take(self.sequencer.finish())

    def _take(self, payloads: list[RtpPayload]) -> None:
        for payload in payloads:
            output = self._output(payload.payload_type) if payload.data else None
            if output is not None:
                output.add(payload)

    def _output(self, kind: int) -> Output | None:
        output = self.outputs.get(kind)
        if output is None and len(self.outputs) < MAX_TYPES:
            codec = self._codecs.get(kind) or STATIC.get(kind, "")
            output = self.outputs[kind] = Output(self.ssrc, kind, codec, self._new_file)
        return output
