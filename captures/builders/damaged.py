# SPDX-License-Identifier: GPL-2.0-only
"""Captures that lack something: the beginning, packets on the way, the end, keys."""

from __future__ import annotations

import io

from captures.builders.flows import SLOW
from captures.builders.links import small
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage, pcapng
from perc_scapy.pcap.pcapng import PcapngWriter


def whole(seed: str) -> Stage:
    """A and B, then C, with some words each."""
    stage = Stage("abc", seed=seed)
    stage.open("ab")
    stage.everybody("ab", 4)
    stage.join("c")
    stage.run(1.5)
    stage.everybody("cab", 4, every=SLOW)
    return stage


@recipe("damage", "The capture starts late", shows="EKT-14")
def late_start() -> Built:
    """Recording begins after A and B have joined: neither the tunnel's handshake nor theirs is there. C's is,
    inside a tunnel whose own handshake is missing."""
    stage = whole("late start")
    first = next(n for n, p in enumerate(stage.passed) if p.data[0] >= 128)
    return Built(pcapng(stage.frames()[first:]), stage.secrets())


@recipe("damage", "Packets are missing", shows="SRT-03")
def missing_packets() -> Built:
    """The recorder was too slow and missed every ninth packet; the conference itself was sound."""
    stage = whole("missing")
    frames = [frame for n, frame in enumerate(stage.frames(), 1) if n % 9]
    return Built(pcapng(frames), stage.secrets())


@recipe("damage", "The file is cut off", shows="SS2-01")
def cut_file() -> Built:
    """The file ends in the middle of a packet: everything before is read, and what is missing is told."""
    stage = whole("cut")
    trace = pcapng(stage.frames())
    return Built(trace[: len(trace) - len(trace) // 8 - 5], stage.secrets())


@recipe("damage", "Only the tunnel's secrets", shows="T00-MDD-11 R8871-04")
def tunnel_secrets_only() -> Built:
    """The key log has the tunnel's master secret alone: what comes out is what the MDD sees. The hop-by-hop layer opens
    by the keys that the KMF told; ekt_key and the end-to-end layer stay closed."""
    stage = whole("tunnel only")
    tunnel = stage.secrets().splitlines(keepends=True)[0]
    return Built(pcapng(stage.frames()), tunnel)


@recipe("damage", "The key log of another run", shows="T00-MDD-11")
def wrong_keylog() -> Built:
    """The secrets belong to other sessions: nothing opens, and that is what must be said."""
    return Built(pcapng(small("wrong").frames()), small("other").secrets())


@recipe("damage", "No keys at all", shows="T00-MDD-11")
def no_keys() -> Built:
    """What a bystander sees: handshakes up to the first protected record, sizes, and RTP headers."""
    return Built(pcapng(small("closed").frames()))


@recipe("damage", "Packets cut at 96 octets", shows="SS2-01")
def snapshot_length() -> Built:
    """Recorded with a snapshot length: most packets are not whole, which must be told apart from malformed ones."""
    stage = small("snap")
    stream = io.BytesIO()
    writer = PcapngWriter(stream, interface="mdd")
    for time, frame in stage.frames():
        writer.packet(time, frame[:96], original_length=len(frame))
    return Built(stream.getvalue(), stage.secrets())
