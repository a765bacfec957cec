# SPDX-License-Identifier: GPL-2.0-only
"""Media encoded by ffmpeg, and the RTP packets that it sends of them."""

from __future__ import annotations

import atexit
import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from perc_scapy.media.sequencer import RtpPayload, Sequencer

SOURCES = {
    "opus": ("ogg", ["-f", "lavfi", "-i", "sine=440:duration=1:sample_rate=48000", "-c:a", "libopus"]),
    "H264": ("h264", ["-f", "lavfi", "-i", "testsrc=duration=1:size=320x240:rate=10", "-c:v", "libx264",
                      "-g", "5", "-pix_fmt", "yuv420p", "-threads", "1"]),
    "VP8": ("ivf", ["-f", "lavfi", "-i", "testsrc=duration=1:size=320x240:rate=10", "-c:v", "libvpx",
                    "-g", "5", "-threads", "1"]),
}  # fmt: skip


def run(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True)
    return done.stdout


@cache
def encoded(codec: str) -> Path:
    """A second of a tone or of a moving picture, in the container that ours is to equal."""
    suffix, source = SOURCES[codec]
    folder = Path(mkdtemp(prefix="perc-test-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / f"source.{suffix}"
    run("ffmpeg", "-v", "error", *source, "-bitexact", path)
    return path


@cache
def rtp_packets(codec: str) -> tuple[bytes, ...]:
    """What ffmpeg sends of `encoded`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        receiver.bind(("127.0.0.1", 0))
        port = receiver.getsockname()[1]
        receiver.setblocking(False)
        target = f"rtp://127.0.0.1:{port}?rtcpport={port}&pkt_size=600"
        # A bare H.264 stream has no times: it is encoded anew, to the same octets.
        source = SOURCES[codec][1] if codec == "H264" else ["-i", encoded(codec), "-c", "copy"]
        run("ffmpeg", "-v", "error", *source, "-bitexact", "-f", "rtp", target)
        packets = []
        while True:
            try:
                packets.append(receiver.recv(2048))
            except BlockingIOError:
                return tuple(p for p in packets if not 192 <= p[1] <= 223)


def payloads(codec: str, gone: frozenset[int] = frozenset()) -> list[RtpPayload]:
    """The packets through a sequencer, without those at the places `gone`."""
    sequencer, found = Sequencer(), []
    for place, packet in enumerate(rtp_packets(codec)):
        if place not in gone:
            sequence, timestamp = (
                int.from_bytes(packet[2:4], "big"),
                int.from_bytes(packet[4:8], "big"),
            )
            found += sequencer.add(
                sequence, timestamp, packet[1] & 0x7F, packet[1] > 127, packet[12:]
            )
    return found + sequencer.finish()


def probe(path: Path, *entries: str) -> list[str]:
    """Values that ffprobe shows of the first stream, frames counted by decoding all of them."""
    out = run("ffprobe", "-v", "error", "-err_detect", "crccheck+explode", "-count_frames",
              "-show_entries", f"stream={','.join(entries)}", "-of", "default=nk=1:nw=1", path)  # fmt: skip
    return out.split()


def packet_hashes(path: Path) -> list[str]:
    """A hash of each packet in a container."""
    out = run("ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5",
              "-show_entries", "packet=data_hash", "-of", "default=nk=1:nw=1", path)  # fmt: skip
    return [line for line in out.split() if line.startswith("MD5:")]
