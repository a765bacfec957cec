# SPDX-License-Identifier: GPL-2.0-only
"""Planted violations around keys: EKT fields, epochs, ciphers, key reuse."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from captures.builders.deviate import flipped, hop_keys, kmf_says, mdd_sends, stream_of
from captures.builders.flows import SLOW
from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage
from captures.builders.violations_tunnel import DRAFT, finish, two
from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto.ekt_sender import SenderKey
from perc_scapy.sim.network import Crossing
from perc_scapy.tunnel.messages import TunneledDtls
from perc_scapy.wire import classify

ACK = 26
FULL = 2


@recipe("violation", "The MDD alters an EKT field", violates="EKT-21 EKT-04")
def violation_ekt_altered() -> Built:
    """In the second packet of A to B one bit of the wrapped key is changed. B drops it; it has learned the key from the
    first."""
    stage = two("ekt altered")
    mdd_sends(stage, "b", lambda data, n: flipped(data, -40) if n == 2 else data)
    return finish(stage)


@recipe("violation", "The MDD cuts EKT fields short", violates="EKT-21")
def violation_ekt_stripped() -> Built:
    """Each full EKT field to B becomes a short one: B never learns A's key."""
    stage = two("ekt stripped")

    def cut(data: bytes, number: int) -> bytes:
        length = int.from_bytes(data[-3:-1], "big")
        return data if data[-1] != FULL else data[:-length] + b"\0"

    mdd_sends(stage, "b", cut)
    return finish(stage)


@recipe("violation", "An EKT field names another SSRC", violates="EKT-03 EKT-09")
def violation_ekt_ssrc() -> Built:
    """The second full field of A wraps another SSRC beside the key. Receivers leave the field aside; they have the key
    from the first."""
    stage = two("ekt ssrc")
    stage.join("b")
    stage.run(0.5)
    sender = stream_of(stage, "a").ekt
    make, count = sender._full, iter(range(100))
    sender._full = lambda line, ssrc, roc: _uncached(make, line, ssrc ^ (next(count) == 1), roc)
    stage.everybody("ab", 4)
    return stage.built()


def _uncached(make: Any, line: Any, ssrc: int, roc: int) -> bytes:
    line.cached = None
    return bytes(make(line, ssrc, roc))


@recipe("violation", "An epoch goes back", violates="EKT-13")
def violation_epoch_back() -> Built:
    """A changes its key to epoch 1. Then it makes a third key and calls it epoch 0 again. B refuses the key of a passed
    epoch and can open nothing more of A."""
    stage = Stage("ab", seed="epoch back")
    stage.open("ab")
    stage.say("a", 60)
    stage.run(0.2)
    stage.endpoints["a"].endpoint.rekey(stage.now)
    stage.run(0.5)
    stream = stream_of(stage, "a")
    stage.endpoints["a"].endpoint.rekey(stage.now)
    newest = stream.ekt._newest
    stream.ekt._newest = SenderKey(newest.master, newest.spi, 0)
    stage.run(1.0)
    return stage.built()


@recipe(
    "violation", "The same end-to-end key under a new EKT key", violates="EKT-17 R8871-22 FW16-07"
)
def violation_e2e_key_kept() -> Built:
    """When C joins, A announces its old end-to-end key under K2: C can open what A said before it came."""
    stage = Stage("abc", seed="key kept")
    stage.open("ab")
    stream = stream_of(stage, "a")
    first = stream.ekt._newest.master.key
    stage.everybody("ab", 4)
    stream._new_master_key = lambda: first
    stage.join("c")
    stage.run(1.5)
    stage.everybody("cab", 4, every=SLOW)
    return stage.built()


@recipe("violation", "AESKW128 with profile 0x000A", violates="EKT-05")
def violation_weak_ekt_cipher() -> Built:
    """The EKT cipher is weaker than the SRTP cipher whose keys it wraps (RFC 8870 section 6); nobody objects."""
    checks = (
        "perc_scapy.roles.kmf.config.Conference._check_cryptography",
        "perc_scapy.roles.endpoint.config.EndpointConfig._check_offer",
        "perc_scapy.crypto.ekt_sender.check_strength",
        "perc_scapy.crypto.ekt_receiver.check_strength",
    )
    setup = {
        "profile": ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM,
        "ekt_cipher": EktCipher.AESKW_128,
    }
    with ExitStack() as stack:
        for check in checks:
            stack.enter_context(patch(check))
        stage = Stage("ab", seed="weak", setup=setup)
        for name in "ab":
            node = stage.endpoint(name)
            client: Any = node.endpoint._client
            object.__setattr__(client.config, "verify", lambda peer: None)
            stage.run(0.2)
            node.endpoint.start(stage.now)
            stage.network.touch(node)
            stage.run(0.5)
        stage.everybody("ab", 4)
    return stage.built()


@recipe("violation", "One hop key toward two receivers", violates="R8871-10 DBL-13 R8871-31")
def violation_same_key_two_receivers() -> Built:
    """The KMF gives the MDD A's server key for B as well, and the MDD takes it. What it seals for B, B cannot open:
    B has another key."""
    stage = two("same key")
    relay: Any = stage.mdd.mdd._relay
    relay._keys.take = lambda keys: True

    def tell(message: TunneledDtls, record: bytes) -> bytes:
        if message.keys is None:
            return record
        keys = message.keys._replace(server=hop_keys(stage, "a").server)
        return DRAFT.encode(message._replace(keys=keys), "kmf")

    kmf_says(stage, "b", tell)
    real = stage.mdd.mdd.receive_tunnel

    def both_use_it(id_: Any, data: bytes, now: float) -> None:
        message = DRAFT.decode(data, "kmf")
        real(id_, tell(message, data) if message.association_id else data, now)

    stage.mdd.mdd.receive_tunnel = both_use_it  # type: ignore[method-assign]
    return finish(stage)


@recipe(
    "violation", "The KMF does not renew an EKT key, and members go on with it", violates="EKT-18"
)
def violation_ekt_ttl() -> Built:
    """The EKT key lives for five seconds, and nobody gives out the next one. A encrypts under it after nine."""
    stage = Stage("ab", seed="ttl over", setup={"ekt_ttl": 5})
    for conference in stage.kmf.kmf._conferences.values():
        conference.renewal = lambda: None  # type: ignore[method-assign]
    stage.open("ab")
    stage.everybody("ab", 3)
    stage.run(7.0)
    stream_of(stage, "a").ekt._expires_at = 1e9
    stage.everybody("a", 6)
    return stage.built()


@recipe("violation", "An EKT key is not acknowledged", violates="T00-EP-06 EKT-23")
def violation_ekt_key_unacknowledged() -> Built:
    """B takes the EKT key and uses it, but never sends the ACK; the KMF repeats ekt_key with growing pauses."""
    stage = two("no ack")
    stage.untrue.append(
        lambda c: None if str(c.source).startswith("b/") and c.data[0] == ACK else c.data
    )
    stage.join("b")
    stage.everybody("ab", 3)
    stage.run(8.0)
    return stage.built()


@recipe("violation", "A new key protects at once", violates="EKT-16")
def violation_no_hold() -> Built:
    """A changes its key and protects packets with it from the first announcement on, without the 250 milliseconds that
    receivers need when an EKT field is lost."""
    stage = Stage("ab", seed="no hold")
    stage.open("ab", hold=0.0)
    stage.say("a", 30)
    stage.run(0.3)
    stage.endpoints["a"].endpoint.rekey(stage.now)
    stage.run(0.6)
    return stage.built()


@recipe("violation", "A new key is announced once", violates="EKT-15")
def violation_announced_once() -> Built:
    """Only the first packet with a new key has a full EKT field, none repeats after 100 ms: who misses it is deaf."""
    with patch("perc_scapy.crypto.ekt_sender.FULL_FIELDS_OF_A_NEW_KEY", 1):
        stage = Stage("ab", seed="once")
        stage.open("ab", full_interval=60.0)
        stage.everybody("ab", 25)
    return stage.built()


@recipe("violation", "An EKT field on RTCP", violates="EKT-06 DBL-15 R8871-14")
def violation_ekt_on_rtcp() -> Built:
    """A puts a short EKT field behind its SRTCP packets. The MDD, in the plot, takes it off."""
    stage = Stage("ab", seed="rtcp field")

    def theirs(data: bytes, source: Any) -> bool:
        return str(source).startswith("a/") and classify(data) == "rtcp"

    def add(crossing: Crossing) -> bytes:
        return crossing.data + b"\0" if theirs(crossing.data, crossing.source) else crossing.data

    stage.untrue.append(add)
    stage.mdd_hears = (
        lambda data, source: (  # type: ignore[method-assign]
            data[:-1] if theirs(data, source) else data
        )
    )
    stage.open("ab", report_interval=0.4)
    stage.everybody("ab", 15)
    stage.run(0.5)
    return stage.built()


@recipe("violation", "A joiner can open what was said before", violates="R8871-24 NUJ-03")
def violation_look_back() -> Built:
    """C joins and is given K1, the key of those who were there: with a recording and the hop keys of the MDD it opens
    what A and B said before."""
    stage = Stage("abc", seed="look back", setup={"rekey_on_join": None})
    stage.open("ab")
    stage.everybody("ab", 4)
    stage.join("c")
    stage.run(1.0)
    stage.everybody("cab", 6)
    return stage.built()
