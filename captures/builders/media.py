# SPDX-License-Identifier: GPL-2.0-only
"""Media: headers that the MDD changes, sequence numbers that wrap, late joiners, reports, speech."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from captures.builders.flows import SLOW
from captures.builders.recipe import Built, recipe
from captures.builders.stage import TEXT_TYPE, Stage
from perc_scapy.media import PCMU, Packetizer, speech
from perc_scapy.roles.policy import RelayPolicy
from perc_scapy.sim.conference import PACKET_TIME, conference_id

ROOM = conference_id("room")
PT = MappingProxyType({TEXT_TYPE: 101})
EXTENSION = bytes.fromhex("bede000110aa0000")
"""One-byte header extension (RFC 8285): element 1 with one octet."""
JUMP = 0x3F00
"""A step of SEQ that a receiver takes for loss."""


def changed(seed: str, **policy: Any) -> Built:
    """A and B; the MDD rewrites the headers of what follows the first packets."""
    stage = Stage("ab", seed=seed)
    stage.open("ab")
    stage.everybody("ab", 3)
    stage.mdd.mdd.set_change(ROOM, RelayPolicy(**policy))
    stage.everybody("ab", 4, marker=True)
    return stage.built()


@recipe("flow", "OHB: the MDD changes the payload type", shows="DBL-06")
def ohb_payload_type() -> Built:
    """After three packets each, the MDD sends payload type 101 in the place of 100; the OHB keeps the original."""
    return changed("ohb pt", payload_types=PT)


@recipe("flow", "OHB: the MDD changes sequence numbers", shows="DBL-06 DBL-08")
def ohb_sequence() -> Built:
    """The MDD adds 1000 to sequence numbers; the OHB keeps the originals, which the inner layer needs."""
    return changed("ohb seq", sequence_offset=1000)


@recipe("flow", "OHB: the MDD clears the marker", shows="DBL-06")
def ohb_marker() -> Built:
    """The first packet of each speaker has its marker set; the MDD clears it, and the OHB says that it was set."""
    return changed("ohb marker", marker=False)


@recipe("flow", "OHB: payload type, sequence number and marker together", shows="DBL-06 DBL-08")
def ohb_all() -> Built:
    """The longest Original Header Block: four octets."""
    return changed("ohb all", payload_types=PT, sequence_offset=5, marker=False)


@recipe("flow", "The MDD adds a header extension", shows="DBL-12 DBL-04")
def ohb_extension() -> Built:
    """A header extension of the MDD is hop-by-hop only: the inner layer never knows of it."""
    return changed("ohb extension", extension=EXTENSION)


def wrapped(stage: Stage) -> None:
    """A's sequence number comes to its wrap in three strides; receivers take the gaps for loss."""
    stream: Any = stage.endpoints["a"].endpoint._media.stream  # type: ignore[union-attr]
    stream._sequence = 0x4100
    for first in (0x4100, 0x4100 + JUMP, 0x4100 + 2 * JUMP, 0xFFFC):
        stream._sequence = first
        stage.say("a", 3 if first != 0xFFFC else 8)
        stage.run(0.4)


@recipe("flow", "The sequence number wraps", shows="SRT-03 DBL-09")
def roc_wrap() -> Built:
    """A's sequence number goes from 65535 to 0: the rollover counter of both layers becomes 1, and full EKT fields
    carry it from then on. (A skips most of the numbers before; receivers take that for loss.)"""
    stage = Stage("ab", seed="wrap")
    stage.open("ab")
    wrapped(stage)
    return stage.built()


@recipe("flow", "A late joiner learns the rollover counter", shows="EKT-14 FW16-11")
def late_joiner() -> Built:
    """C joins after A's sequence number has wrapped. It opens A's first packet to it with the rollover counter 1
    that A's full EKT field carries; the MDD's outer layer toward C begins with 0."""
    stage = Stage("abc", seed="late")
    stage.open("ab")
    wrapped(stage)
    stage.join("c")
    stage.run(1.5)
    stage.everybody("ac", 4, every=SLOW)
    return stage.built()


@recipe("flow", "RTCP: sender and receiver reports, BYE", shows="DBL-15 EKT-06 R8871-14")
def rtcp() -> Built:
    """A and B report each half second or so: sender reports while they speak, receiver reports when they listen, source
    descriptions with them. RTCP has the outer layer only and no EKT field. B says BYE and leaves."""
    stage = Stage("ab", seed="rtcp")
    stage.open("ab", report_interval=0.5)
    stage.say("a", 30)
    stage.run(0.6)
    stage.say("b", 15)
    stage.run(1.5)
    node = stage.endpoints["b"]
    node.endpoint.leave(stage.now)
    stage.network.touch(node)
    stage.run(0.5)
    return stage.built()


@recipe("flow", "Speech that can be listened to", shows="SS2-13 SS2-14")
def speech_pcmu() -> Built:
    """A speaks for half a second in G.711 (payload type 0, 20 ms a packet): what comes out is sound."""
    stage = Stage("ab", seed="speech")
    stage.open("ab")
    packets = Packetizer(speech(0.5, 7), codec=PCMU)
    node = stage.endpoints["a"]
    while (frame := packets.next_frame()) is not None:
        node.endpoint.send_rtp(
            frame.payload, timestamp=frame.timestamp, marker=frame.marker, now=stage.now
        )
        stage.network.touch(node)
        stage.run(PACKET_TIME)
    stage.run(0.3)
    return stage.built()


@recipe("flow", "The MDD sends media of its own", shows="EKT-01 EKT-06")
def mdd_media() -> Built:
    """The MDD plays a tone to all: hop-by-hop protected only, with a short EKT field. No endpoint can take it for the
    words of a participant."""
    stage = Stage("ab", seed="tone")
    stage.open("ab")
    stage.everybody("ab", 3)
    for number in range(5):
        head = b"\x80\x64" + (1000 + number).to_bytes(2, "big") + (160 * number).to_bytes(4, "big")
        stage.mdd.mdd.originate(ROOM, head + bytes.fromhex("4d444421") + b"a tone of the MDD")
        stage.network.touch(stage.mdd)
        stage.run(0.02)
    stage.run(0.2)
    return stage.built()


def plain(seed: str, profile: int) -> Built:
    """A conference without end-to-end protection."""
    stage = Stage(
        "ab",
        seed=seed,
        setup={"profile": profile, "hbh_only": True},
        mdd_setup={"profiles": (profile,)},
    )
    stage.open("ab")
    stage.everybody("ab", 6)
    return stage.built()


@recipe("flow", "Hop-by-hop only: AEAD_AES_128_GCM, no EKT", shows="DTL-01 DTL-02")
def hbh_only_gcm() -> Built:
    """By explicit policy this conference has one layer: the MDD can read the media. No EKT field, no ekt_key."""
    return plain("plain gcm", 7)


@recipe("flow", "Hop-by-hop only: AES128_CM_HMAC_SHA1_80, no EKT", shows="DTL-01 DTL-02")
def hbh_only_cm80() -> Built:
    """As hbh-only-gcm with the profile that most of the world's telephones run."""
    return plain("plain cm80", 1)


@recipe("flow", "Hop-by-hop only: AES128_CM_HMAC_SHA1_32, no EKT", shows="DTL-01 DTL-02")
def hbh_only_cm32() -> Built:
    """Four octets of tag on RTP, ten on RTCP."""
    return plain("plain cm32", 2)
