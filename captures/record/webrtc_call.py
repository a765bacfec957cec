# SPDX-License-Identifier: GPL-2.0-only
"""A WebRTC call between two aiortc peers on loopback: `webrtc_call.py PROFILE CODEC KEYLOG SECONDS`.

Runs in any environment with aiortc (it is no dependency of this project). Both speak a tone; secrets go to KEYLOG.
"""

import asyncio
import contextlib
import fractions
import math
import sys
from array import array

import aioice.ice
import av
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtcdtlstransport,
)
from aiortc.mediastreams import MediaStreamTrack

PROFILE, CODEC, KEYLOG, SECONDS = sys.argv[1:5]
RATE, SAMPLES = 8000, 160
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Tone(MediaStreamTrack):
    """440 Hz in frames of 20 ms."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._at = 0

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(SAMPLES / RATE)
        wave = (math.sin(2 * math.pi * 440 * (self._at + n) / RATE) for n in range(SAMPLES))
        frame = av.AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(array("h", (int(9000 * value) for value in wave)).tobytes())
        frame.pts, frame.sample_rate, frame.time_base = self._at, RATE, fractions.Fraction(1, RATE)
        self._at += SAMPLES
        return frame


def keep_secrets() -> None:
    """Every DTLS context writes its secrets; only the wanted SRTP profile is offered."""
    wanted = rtcdtlstransport.SRTP_PROFILES
    wanted[:] = [p for p in wanted if PROFILE in p.openssl_profile.decode()]
    make = rtcdtlstransport.RTCCertificate._create_ssl_context

    def with_log(self, *arguments, **named):
        context = make(self, *arguments, **named)
        with contextlib.suppress(AttributeError):
            context.set_keylog_callback(lambda _, line: log(line))
        return context

    rtcdtlstransport.RTCCertificate._create_ssl_context = with_log


def log(line: bytes) -> None:
    with open(KEYLOG, "ab") as file:
        file.write(line + b"\n")


async def drain(track: MediaStreamTrack) -> None:
    with contextlib.suppress(Exception):
        while True:
            await track.recv()


async def main() -> None:
    caller, callee = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    for peer in (caller, callee):
        peer.addTrack(Tone())
        peer.on("track", lambda track: asyncio.ensure_future(drain(track)))
    known = RTCRtpSender.getCapabilities("audio").codecs
    chosen = [codec for codec in known if CODEC.lower() in codec.mimeType.lower()]
    caller.getTransceivers()[0].setCodecPreferences(chosen)
    await caller.setLocalDescription(await caller.createOffer())
    offer = RTCSessionDescription(caller.localDescription.sdp, "offer")
    await callee.setRemoteDescription(offer)
    await callee.setLocalDescription(await callee.createAnswer())
    answer = RTCSessionDescription(callee.localDescription.sdp, "answer")
    await caller.setRemoteDescription(answer)
    await asyncio.sleep(float(SECONDS))
    await asyncio.gather(caller.close(), callee.close())


keep_secrets()
asyncio.run(main())
