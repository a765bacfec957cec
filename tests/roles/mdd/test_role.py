# SPDX-License-Identifier: GPL-2.0-only
"""The MDD as a whole: tunnels, control, bad input, and what it does not know."""

from __future__ import annotations

import random as seeded
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.errors import ConfigError, LocalError
from perc_scapy.roles import Mdd, MddConference, MddConfig, Path, RelayPolicy
from perc_scapy.roles.events import CloseTunnel
from perc_scapy.tunnel.messages import TunneledDtls
from tests.roles.mdd_world import (
    DRAFT,
    HELLO,
    KMF,
    OTHER,
    ROOM,
    World,
    hop_keys,
    rtp,
    sender_report,
)


def test_a_tunnel_of_no_conference_is_closed() -> None:
    world = World()
    world.mdd.tunnel_opened("stranger", KMF, 0.0)
    assert world.events() == [CloseTunnel("stranger", "unknown_tunnel")]


@pytest.mark.req("SLD-ASM-01")
def test_a_tunnel_to_another_kmf_is_closed_and_its_records_are_not_read() -> None:
    room = MddConference(ROOM, tunnels=("t",), kmf_fingerprint=KMF)
    mdd = Mdd(MddConfig((room,)), random=seeded.Random(1).randbytes)
    mdd.tunnel_opened("t", "sha-256:" + "cd" * 32, 0.0)
    assert mdd.next_event() == CloseTunnel("t", "tunnel_refused")
    mdd.receive_tunnel("t", DRAFT.encode(TunneledDtls(bytes(16), b"x", ROOM), "kmf"), 0.0)
    assert mdd.counters == {"tunnel_refused": 1, "unknown_tunnel": 1}


def test_a_tunnel_that_reopens_without_a_close_starts_afresh() -> None:
    world = World()
    world.join("a")
    world.mdd.tunnel_opened("t", KMF, 1.0)
    assert world.mdd.associations() == []


@pytest.mark.parametrize(
    ("offset", "value", "counter"),
    [(0, b"\x02", "bad_version"), (34, b"\x03", "bad_type"), (34, b"\x01", "wrong_direction")],
)
def test_messages_of_the_wrong_kind_are_counted(offset: int, value: bytes, counter: str) -> None:
    world = World()
    a = world.join("a")
    record = DRAFT.encode(TunneledDtls(a.association, b"\x16x", ROOM), "kmf")
    world.mdd.receive_tunnel("t", record[:offset] + value + record[offset + 1 :], 0.0)
    assert world.mdd.datagrams_to_send(0.0) == []
    assert world.counters == {counter: 1}


def test_full_length_double_keys_are_not_taken() -> None:
    world = World()
    _, _, message = world.hello("a")
    record = DRAFT.encode(
        TunneledDtls(message.association_id, b"\x16x", ROOM, keys=hop_keys(1)), "kmf"
    )
    head, fields, tail = record[:35], record[37:-3], record[-3:]
    assert fields[:2] == b"\0\x10"
    full = (
        b"\0\x20"
        + bytes(32)
        + b"\0\x20"
        + bytes(32)
        + b"\0\x18"
        + bytes(24)
        + b"\0\x18"
        + bytes(24)
    )
    world.mdd.receive_tunnel("t", head + b"\0\x09" + full + tail, 0.0)
    assert world.counters == {"key_length": 1}
    assert world.mdd.associations()[0].state == "announced"


def test_control_of_an_unknown_conference_is_a_mistake_of_the_caller() -> None:
    world = World()
    with pytest.raises(LocalError):
        world.mdd.set_change(OTHER, RelayPolicy())
    with pytest.raises(LocalError):
        world.mdd.originate(OTHER, rtp(1, 1))
    for version in ("draft99", "rfc9185"):  # the latter is read in captures, not spoken
        with pytest.raises(ConfigError):
            Mdd(
                MddConfig((MddConference(ROOM),), tunnel_version=version),
                random=seeded.Random(1).randbytes,
            )


def test_views_show_what_lives() -> None:
    world = World()
    a = world.join("a")
    path, _, message = world.hello("b")
    views = {view.path: view for view in world.mdd.associations()}
    assert (views[a.path].state, views[a.path].profile) == ("keyed", 9)
    assert (views[path].state, views[path].profile) == ("announced", None)
    assert views[path].association_id == message.association_id


noise = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda a, b: bytes((a,)) + b, st.integers(128, 191), st.binary(max_size=80)),
    st.builds(lambda cut: HELLO[:cut], st.integers(0, len(HELLO))),
)


@given(st.lists(st.tuples(noise, st.booleans()), max_size=30))
def test_noise_from_anywhere_does_no_harm(datagrams: list[tuple[bytes, bool]]) -> None:
    world = World()
    a, b = world.join("a"), world.join("b")
    for data, from_participant in datagrams:
        world.say(data, a.path if from_participant else Path(ROOM, data))
        world.mdd.receive_tunnel("t", data, 0.0)
    (data, _), *_ = world.say(a.protect(rtp(1, 1)), a.path)
    assert b.open(data) == rtp(1, 1) + b"\0"
    sent = world.say(b.up.protect_rtcp(sender_report(2)), b.path)
    a.down.unprotect_rtcp(sent[0][0])


@given(st.integers(0, 200), st.binary(min_size=1, max_size=4), st.booleans())
def test_a_damaged_record_of_the_kmf_costs_its_association_at_most(
    at: int, patch: bytes, keys: bool
) -> None:
    world = World()
    a, b, c = (world.join(name) for name in "abc")
    message = TunneledDtls(a.association, b"\x16" * 30, ROOM, keys=a.keys if keys else None)
    record = DRAFT.encode(message, "kmf")
    damaged = record[:at] + patch + record[at + len(patch) :]
    world.mdd.receive_tunnel("t", damaged[: len(record)], 0.0)
    world.mdd.datagrams_to_send(0.0)
    sent = {path: data for data, path in world.say(b.protect(rtp(1, 2)), b.path)}
    assert c.open(sent[c.path]) == rtp(1, 2) + b"\0"


def test_no_scapy_packet_is_made_on_the_way_of_media() -> None:
    program = (
        "import scapy.packet as p\n"
        "from tests.roles.mdd_world import *\n"
        "w = World(); a = w.join('a'); b = w.join('b')\n"
        "def refuse(*args, **kw): raise SystemExit('a Scapy packet was made')\n"
        "p.Packet.__init__ = refuse\n"
        "assert len(w.say(a.protect(rtp(1, 1)), a.path)) == 1\n"
        "assert len(w.say(a.up.protect_rtcp(sender_report(1)), a.path)) == 1\n"
        "w.hello('c')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
