# SPDX-License-Identifier: GPL-2.0-only
"""The MDD never holds an EKT key, an inner half or an end-to-end key: not in its objects, nor in what it saw clear."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from typing import Any

import pytest

from perc_scapy.crypto import SRTP_PROFILES, Key, SrtpContext, unwrap
from perc_scapy.crypto.hop import relay
from perc_scapy.errors import AuthenticationError, LocalError
from perc_scapy.roles.events import MediaReceived
from perc_scapy.sim.conference import SimConference
from perc_scapy.sim.nodes import MddNode
from perc_scapy.wire import peel_ekt, peel_ohb
from tests.scenarios.story import Story

OPAQUE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)
"""Code, not state; everything that a method is bound to is still followed."""


def reachable(*roots: Any) -> Iterator[Any]:
    """Every object that can be reached through references, code and classes aside."""
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, OPAQUE):
            continue
        seen.add(id(thing))
        yield thing
        todo += gc.get_referents(thing)
        closure = getattr(getattr(thing, "__func__", None), "__closure__", None)
        todo += closure or ()


def octets(*roots: Any) -> bytes:
    """All bytes-like values and hex-looking texts that can be reached, with a gap between them."""
    parts = []
    for thing in reachable(*roots):
        if isinstance(thing, (bytes, bytearray, memoryview)):
            parts.append(bytes(thing))
        elif isinstance(thing, int) and thing.bit_length() > 64:
            parts.append(thing.to_bytes((thing.bit_length() + 7) // 8, "big"))
    return b"\xff|gap|\xff".join(parts)


class Inspected(MddNode):
    """An MDD that writes down all it handled in clear: what it opened of media, and records of its tunnels."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.clear: list[bytes] = []

    def _take(self, event: Any, now: float) -> None:
        self.clear.append(getattr(event, "data", b""))
        super()._take(event, now)


@pytest.fixture(scope="module", params=[9, 10])
def conference(request: pytest.FixtureRequest) -> SimConference:
    """Three participants who have talked, with two EKT keys since the third came."""
    profile = request.param
    conference = SimConference(
        setup={"profile": profile, "ekt_cipher": 2 if profile == 10 else 1}, log=True
    )
    mdd = conference.mdd
    mdd.__class__ = Inspected
    mdd.clear = []
    for name in "abc":
        conference.join(name)
        conference.talk(name, 8)
    conference.run(3.0)
    for name in "abc":
        conference.talk(name, 30)
    conference.run(2.0)
    assert all(len(node.of(MediaReceived)) >= 30 for node in conference.endpoints.values())
    return conference


def secrets(conference: SimConference) -> dict[str, bytes]:
    """What participants and KMF hold and the MDD must not: read from the wire with the help of the key log."""
    found: dict[str, bytes] = {}
    story = Story(conference)
    keks: dict[int, bytes] = {}
    for session in story.sessions:
        full = session.exported_keys()
        if full is None:
            continue  # the tunnel itself
        inner = full.inner()
        for side, master in (("client", inner.client), ("server", inner.server)):
            found[f"inner {side} key {len(found)}"] = bytes(master.key)
            found[f"inner {side} salt {len(found)}"] = bytes(master.salt)
        for received in session.ekt_keys():
            keks[received.parameters.spi] = bytes(received.parameters.key)
            found[f"EKT key {received.parameters.spi}"] = bytes(received.parameters.key)
            found[f"EKT salt {received.parameters.spi}"] = bytes(received.parameters.salt)
    for name in conference.endpoints:
        for row in story.all(name, "mdd", "srtp"):
            field = peel_ekt(row.data)[1]
            if field.ciphertext:  # plaintext: length, key, SSRC, ROC (RFC 8870 section 4.1)
                plain = bytes(unwrap(keks[field.spi], field.ciphertext))
                found[f"E2E key of {name} under {field.spi}"] = plain[1 : 1 + plain[0]]
    return found


@pytest.mark.req(
    "R8871-04", "EKT-26", "DBL-14", "T00-MDD-11", "FW16-01", "SLD-ROLE-01", "SLD-ROLE-02"
)
def test_no_secret_of_the_end_to_end_layer_is_in_its_objects(conference: SimConference) -> None:
    inventory = octets(conference.mdd.mdd)
    hidden = secrets(conference)
    assert len([name for name in hidden if name.startswith("EKT key")]) == 2
    assert len([name for name in hidden if name.startswith("inner")]) == 12
    assert len([name for name in hidden if name.startswith("E2E")]) == 5, "A and B had two, C one"
    for name, secret in hidden.items():
        assert secret not in inventory, name
        assert secret.hex().encode() not in inventory, name


@pytest.mark.req("R8871-04", "EKT-26", "T00-MDD-11", "T00-KMF-14")
def test_no_secret_was_in_what_it_saw_in_clear(conference: SimConference) -> None:
    story = Story(conference)
    mdd = conference.mdd
    assert isinstance(mdd, Inspected)
    clear = [*mdd.clear, *(record.data for record in mdd.records)]
    hops = {r.participant: r.message.keys for r in story.rows if r.message and r.message.keys}
    layer = SRTP_PROFILES[hops["a"].profile].layer.code
    opened = 0
    for name, keys in hops.items():
        context = SrtpContext(layer, *keys.client)
        for row in story.all(name, "mdd", "srtp"):
            clear.append(context.unprotect(peel_ekt(row.data)[0]))
            opened += 1
        clear += [row.data for row in story.all(name, "mdd")]
    assert opened > 100
    everything = b"\xff|gap|\xff".join(clear)
    assert bytes(hops["a"].client.key) in everything, "the search finds what is there"
    for name, secret in secrets(conference).items():
        assert secret not in everything, name


def test_the_walk_finds_what_the_mdd_does_hold(conference: SimConference) -> None:
    """Without this, an empty walk would pass the test above."""
    mdd = conference.mdd.mdd
    kinds = {type(thing).__name__ for thing in reachable(mdd)}
    assert {"Forwarder", "Leg", "SrtpContext", "Stream", "Association", "KeyRegister"} <= kinds
    inventory = octets(mdd)
    ids = [view.association_id for view in mdd.associations()]
    assert len(ids) == 3
    assert all(name in inventory for name in ids)
    for name, node in conference.endpoints.items():  # the same walk over an endpoint finds its key
        keys = [key for what, key in secrets(conference).items() if f"E2E key of {name}" in what]
        assert keys[-1] in octets(node.endpoint)


@pytest.mark.req("DBL-14", "SLD-ROLE-03")
def test_no_key_that_it_has_opens_the_inner_layer(conference: SimConference) -> None:
    story = Story(conference)
    hops = {r.participant: r.message.keys for r in story.rows if r.message and r.message.keys}
    layer = SRTP_PROFILES[hops["a"].profile].layer.code
    plain = SrtpContext(layer, *hops["a"].client).unprotect(
        peel_ekt(story.all("a", "mdd", "srtp")[-1].data)[0]
    )
    body, _ = peel_ohb(plain[12:])
    for keys in hops.values():
        for master in (keys.client, keys.server):
            with pytest.raises(AuthenticationError):
                SrtpContext(layer, *master).open(plain[:12], body)


@pytest.mark.req("DBL-13")
def test_one_key_for_both_hops_is_refused() -> None:
    key, salt = Key(bytes(16)), Key(bytes(12))
    wire = SrtpContext(7, key, salt).protect(b"\x80" + bytes(11) + bytes(20) + b"\0")
    with pytest.raises(LocalError):
        relay(wire, SrtpContext(7, key, salt), SrtpContext(7, key, salt))
