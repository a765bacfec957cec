# SPDX-License-Identifier: GPL-2.0-only
"""What an untrue MDD, KMF, participant or stranger can do to a conference: nothing to anybody else.

Every story ends with A and B, who were there before, still hearing each other.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from perc_scapy.codes import AlertDescription
from perc_scapy.roles.events import (
    AssociationOpened,
    EktKeyInstalled,
    EndpointClosed,
    HandshakeRefused,
    HopKeysInstalled,
    HopKeysReady,
    HopKeysSent,
    MediaReady,
    MediaReceived,
    MemberJoined,
)
from perc_scapy.sim.conference import SimConference, conference_id, identity
from perc_scapy.sim.nodes import Record
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.carrier import TunnelOpened
from perc_scapy.tunnel.messages import TunneledDtls
from tests.scenarios.story import Story

DRAFT = TUNNEL_VERSIONS["draft00"]
ROOM = conference_id("room")


def settled(members: Any = ("a", "b", "c", "d"), **more: Any) -> SimConference:
    """A and B are in."""
    conference = SimConference(members, **more)
    room = next(iter(conference.rooms))
    conference.run(0.5)
    for name in "ab":
        assert conference.join(name, room).of(MediaReady)
    conference.run(2.0)
    return conference


def assert_alive(conference: SimConference) -> None:
    """A and B still hear each other, without a gap."""
    conference.run(3.0)
    since = conference.now
    conference.talk("a", 25)
    conference.talk("b", 25)
    conference.run(1.5)
    for name, other in ("ab", "ba"):
        heard = [e for e in conference.endpoints[name].of(MediaReceived) if e.now >= since]
        numbers = [int(e.payload.split()[1]) for e in heard if e.payload.startswith(other.encode())]
        assert numbers == list(range(25))


def association(conference: SimConference, name: str) -> AssociationOpened:
    address = conference.endpoints[name].addresses[0]
    return [e for e in conference.mdd.of(AssociationOpened) if e.path.remote == address][-1]


def no_keys_for(conference: SimConference, name: str) -> None:
    node = conference.endpoints[name]
    assert not node.of(EktKeyInstalled)
    assert not node.of(MediaReady)
    about = association(conference, name).association_id
    for kind in (HopKeysSent, MemberJoined):
        assert about not in {e.association_id for e in conference.kmf.of(kind)}
    assert about not in {e.association_id for e in conference.mdd.of(HopKeysInstalled)}


def about(conference: SimConference, name: str, change: Callable[[TunneledDtls], Any]) -> Any:
    """A filter that changes what concerns one participant."""

    def apply(record: Record) -> bytes | None:
        sender: Any = record.sender
        message = DRAFT.decode(record.data, sender)
        if message.association_id != association(conference, name).association_id:
            return record.data
        changed = change(message)
        return (
            changed
            if changed is None or isinstance(changed, bytes)
            else DRAFT.encode(changed, sender)
        )

    return apply


# -- who may serve and who may join


def test_an_unknown_conference() -> None:
    conference = settled()
    conference.mdd.filters.append(
        lambda r: (
            r.data[:18] + b"no such room 123" + r.data[34:]
            if r.data[18:34] == ROOM and r.data[2:18] == association(conference, "c").association_id
            else r.data
        )
    )
    conference.start("c")
    conference.run(5.0)
    assert conference.kmf.kmf.counters["unknown_conference"] == 3
    no_keys_for(conference, "c")
    assert_alive(conference)


@pytest.mark.req("R8871-05", "R8871-06")
def test_an_mdd_that_may_not_serve_a_conference() -> None:
    rooms = {"room": ("a", "b"), "other": ("c",)}
    foreign = frozenset({identity("another mdd").fingerprint})
    conference = settled(rooms, room_setup={"other": {"mdds": foreign}})
    conference.start("c", "other")
    conference.run(5.0)
    assert conference.kmf.kmf.counters["mdd_not_allowed"] >= 1
    no_keys_for(conference, "c")
    assert_alive(conference)


@pytest.mark.req("R8871-06")
def test_an_mdd_with_a_certificate_of_nobody_gets_no_tunnel() -> None:
    setup = {"mdds": frozenset({identity("another mdd").fingerprint})}
    conference = SimConference(("a",), setup=setup)
    conference.start("a")
    conference.run(30.0)
    assert not conference.kmf.of(TunnelOpened) + conference.mdd.of(TunnelOpened)
    assert conference.kmf.records == conference.mdd.records == []


@pytest.mark.req("R8871-05", "FW16-02", "T00-KMF-16")
def test_a_participant_with_the_wrong_certificate() -> None:
    conference = settled()
    node = conference.start("c", identity=identity("stranger"))
    conference.run(10.0)
    (closed,) = node.of(EndpointClosed)
    assert not closed.local
    assert closed.alert is not None
    (refused,) = conference.kmf.of(HandshakeRefused)
    assert refused.reason == "not_a_member"
    assert refused.fingerprint == identity("stranger").fingerprint
    no_keys_for(conference, "c")
    assert_alive(conference)


@pytest.mark.req("T00-EP-03")
def test_a_kmf_with_the_wrong_fingerprint() -> None:
    conference = settled()
    node = conference.start("c", kmf_fingerprint=identity("another kmf").fingerprint)
    conference.run(10.0)
    (closed,) = node.of(EndpointClosed)
    assert (closed.local, closed.alert) == (True, AlertDescription.BAD_CERTIFICATE)
    no_keys_for(conference, "c")
    assert_alive(conference)


@pytest.mark.req("T00-KMF-12")
def test_no_common_profile() -> None:
    conference = settled()
    node = conference.start("c", profiles=(10,), ekt_ciphers=(2,))
    conference.run(10.0)
    assert node.of(EndpointClosed)
    assert conference.kmf.kmf.counters["endpoint_lacks_profile"] == 1
    no_keys_for(conference, "c")
    assert_alive(conference)


@pytest.mark.parametrize("profiles", [(7,), (7, 8), (10,), (1, 7)])
def test_a_downgraded_profile_list(profiles: tuple[int, ...]) -> None:
    """An MDD that strips its list must not be given keys that open the media (AMB-25)."""
    conference = settled()

    def downgrade(message: TunneledDtls) -> TunneledDtls:
        listed = None if message.profiles is None else profiles
        return TunneledDtls(message.association_id, message.dtls, ROOM, profiles=listed)

    conference.mdd.filters.append(about(conference, "c", downgrade))
    conference.start("c")
    conference.run(10.0)
    assert conference.kmf.kmf.counters["mdd_lacks_profile"] >= 1
    no_keys_for(conference, "c")
    assert_alive(conference)


# -- tunnel messages


def tunnel_of(conference: SimConference) -> Any:
    return conference.kmf.of(TunnelOpened)[0].tunnel_id


@pytest.mark.req("T00-MDD-12", "T00-KMF-18")
def test_forged_and_misdirected_tunnel_messages() -> None:
    conference = settled()
    a = association(conference, "a")
    keys_record = next(r.data for r in conference.kmf.records if r.data[34] == 2)
    profiles_record = next(r.data for r in conference.mdd.records if r.data[34] == 1)
    to_kmf = [
        keys_record,  # wrong direction
        b"\x02\x00" + profiles_record[2:],  # another version
        profiles_record[:34] + b"\x09" + profiles_record[35:],  # another type
        profiles_record + b"\0",  # trailing octet
        DRAFT.encode(TunneledDtls(b"u" * 16, b"\x17\xfe\xfd" + bytes(40), ROOM), "mdd"),
        DRAFT.encode(TunneledDtls(a.association_id, b"\x17\xfe\xfd" + bytes(40), ROOM), "mdd"),
        DRAFT.encode(TunneledDtls(a.association_id, b"x", b"another room 456"), "mdd"),
        DRAFT.encode(TunneledDtls(a.association_id, b"", ROOM), "mdd"),
    ]
    to_mdd = [
        profiles_record,
        DRAFT.encode(TunneledDtls(b"u" * 16, b"\x16for nobody", ROOM), "kmf"),
        keys_record[:2] + b"u" * 16 + keys_record[18:],
        b"",
        b"\x01\x00",
    ]
    for record in to_kmf:
        conference.mdd.say(a.tunnel_id, record)
    conference.network.touch(conference.mdd)
    for record in to_mdd:
        conference.kmf.say(tunnel_of(conference), record)
    conference.network.touch(conference.kmf)
    conference.run(1.0)
    counted = conference.kmf.kmf.counters
    assert {"wrong_direction", "bad_version", "bad_type", "malformed"} <= set(counted)
    assert {"unknown_association", "empty_dtls"} <= set(counted)
    assert {"wrong_direction", "unknown_association", "malformed"} <= set(
        conference.mdd.mdd.counters
    )
    assert_alive(conference)


def test_datagrams_of_strangers_into_the_tunnel() -> None:
    conference = settled(log=True)
    recorded = [c for c in conference.network.log or [] if "kmf" in (c.source, c.destination)]
    draw = random.Random(1)
    for crossing in recorded:
        at = draw.randrange(len(crossing.data))
        forged = crossing.data[:at] + b"\xff" + crossing.data[at + 1 :]
        for source in (crossing.source, "stranger"):
            conference.network.send(forged, source, crossing.destination)
    conference.run(2.0)
    assert len(conference.kmf.of(TunnelOpened)) == 1, "nobody got in, nobody was thrown out"
    assert_alive(conference)


@pytest.mark.req("SLD-TRN-05")
def test_swapped_association_ids() -> None:
    """An MDD that mixes two participants up breaks their handshakes; no key goes to the wrong one."""
    conference = settled()
    for name in "cd":
        conference.start(name)
    conference.run(0.015)

    def swap(record: Record) -> bytes:
        c, d = (association(conference, name).association_id for name in "cd")
        if record.time > swap_from and record.data[2:18] in (c, d):
            other = d if record.data[2:18] == c else c
            return record.data[:2] + other + record.data[18:]
        return record.data

    swap_from = (
        conference.now + 0.02
    )  # both ClientHellos are through: each association belongs to somebody
    conference.mdd.filters.append(swap)
    conference.run(20.0)
    for name in "cd":
        assert not conference.endpoints[name].of(HopKeysReady)
        no_keys_for(conference, name)
    assert_alive(conference)


def test_full_length_double_keys_from_the_kmf() -> None:
    """An MDD does not take inner halves even when it is offered them."""
    conference = settled()

    def full_length(message: TunneledDtls) -> TunneledDtls | bytes:
        if message.keys is None:
            return message
        head = b"\x01\x00" + message.association_id + ROOM + b"\x02\x00\x09"
        fields = [bytes(m.key) * 2 for m in (message.keys.client, message.keys.server)]
        fields += [bytes(m.salt) * 2 for m in (message.keys.client, message.keys.server)]
        body = b"".join(len(f).to_bytes(2, "big") + f for f in fields)
        return head + body + len(message.dtls).to_bytes(2, "big") + message.dtls

    conference.kmf.filters.append(about(conference, "c", full_length))
    node = conference.start("c")
    conference.run(10.0)
    assert conference.mdd.mdd.counters["key_length"] >= 1
    name = association(conference, "c").association_id
    assert name not in {e.association_id for e in conference.mdd.of(HopKeysInstalled)}
    assert not node.of(MediaReady)
    assert_alive(conference)


# -- media


@pytest.mark.req("R8871-02", "R8871-34")
def test_a_stolen_ssrc() -> None:
    conference = settled()
    victim = conference.endpoints["a"].endpoint.ssrc
    conference.talk("a", 5)
    conference.run(0.2)
    conference.join("c", ssrc=victim)
    conference.run(2.0)
    conference.talk("a", 5)
    conference.run(0.2)
    since = conference.now
    conference.talk("c", 20)
    conference.run(1.0)
    assert conference.mdd.mdd.counters["stolen_ssrc"] >= 20
    heard = [e for e in conference.endpoints["b"].of(MediaReceived) if e.now >= since]
    assert not [e for e in heard if e.payload.startswith(b"c")]
    assert_alive(conference)


@pytest.mark.req("R8871-12", "R8871-13", "FW16-09", "R8871-09")
def test_everything_replayed_on_every_link() -> None:
    conference = settled(log=True)
    conference.talk("a", 20)
    conference.run(1.0)
    before = {name: len(n.of(MediaReceived)) for name, n in conference.endpoints.items()}
    keys = len(conference.mdd.of(HopKeysInstalled))
    for crossing in tuple(conference.network.log or ()):
        conference.network.send(crossing.data, crossing.source, crossing.destination)
    conference.run(5.0)
    assert {n: len(node.of(MediaReceived)) for n, node in conference.endpoints.items()} == before
    assert len(conference.mdd.of(HopKeysInstalled)) == keys
    assert conference.mdd.mdd.counters["replayed"] >= 20
    assert not [e for n in conference.endpoints.values() for e in n.of(EndpointClosed)]
    assert_alive(conference)


@pytest.mark.req("R8871-13", "R8871-34", "FW16-09", "SLD-ROLE-03")
def test_an_mdd_that_seals_an_old_packet_anew_is_not_believed() -> None:
    """A fresh outer layer does not make an inner packet new."""
    from perc_scapy.crypto import SrtpContext
    from perc_scapy.wire import peel_ekt

    conference = settled(log=True)
    conference.talk("a", 5)
    conference.run(1.0)
    story = Story(conference)
    keys = {r.participant: r.message.keys for r in story.rows if r.message and r.message.keys}
    opener, sealer = SrtpContext(7, *keys["a"].client), SrtpContext(7, *keys["b"].server)
    node = conference.endpoints["b"]
    heard = len(node.of(MediaReceived))
    for number, row in enumerate(story.all("a", "mdd", "srtp")):
        packet, field = peel_ekt(row.data)
        plain = opener.unprotect(packet)
        again = sealer.protect(plain, index=65536 * 9 + int.from_bytes(plain[2:4], "big"))
        node.endpoint.receive_datagram(
            again + field.raw, node.endpoint.config.mdd_addr, conference.now
        )
        assert sum(node.endpoint.counters.values()) == number + 1
    assert node.of(MediaReceived)[heard:] == []
    assert node.endpoint.counters["replayed"] == 5


@pytest.mark.req("T00-KMF-18")
def test_truncated_everything() -> None:
    """Every kind of datagram that crossed any link, cut at every length, to the place where it went."""
    conference = settled(log=True)
    conference.join("c")
    conference.talk("a", 3)
    conference.run(6.0)
    kinds = {}
    for row, crossing in zip(Story(conference).rows, conference.network.log or (), strict=True):
        kinds.setdefault((row.source, row.destination, row.names, len(row.data)), crossing)
    cut = 0
    for crossing in kinds.values():
        for length in range(0, len(crossing.data), 1 if len(crossing.data) < 300 else 7):
            for source in (crossing.source, "stranger"):
                conference.network.send(crossing.data[:length], source, crossing.destination)
                cut += 1
    conference.run(60.0)
    assert cut > 5000
    assert not [e for n in conference.endpoints.values() for e in n.of(EndpointClosed)]
    assert_alive(conference)


def test_noise_at_every_address() -> None:
    conference = settled()
    draw = random.Random(3)
    addresses = [a for node in (conference.kmf, conference.mdd) for a in node.addresses]
    addresses += [node.addresses[0] for node in conference.endpoints.values()]
    for _ in range(3000):
        noise = draw.randbytes(draw.randrange(120))
        source = draw.choice([*addresses, "stranger"])
        conference.network.send(noise, source, draw.choice(addresses))
        header = bytes((draw.choice((20, 21, 22, 23, 26)), 0xFE, 0xFD)) + bytes(10)
        conference.network.send(header + noise, source, draw.choice(addresses))
    conference.run(10.0)
    assert_alive(conference)
