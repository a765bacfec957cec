# SPDX-License-Identifier: GPL-2.0-only
"""No hop key is ever taken twice, and none is kept."""

from __future__ import annotations

import pytest

from perc_scapy.roles.mdd.keys import KeyRegister, digest_of
from perc_scapy.tunnel.messages import HopKeys
from tests.roles.mdd_world import hop_keys


@pytest.mark.req("R8871-10")
def test_a_key_is_taken_once_in_any_place() -> None:
    register, one, two = KeyRegister(), hop_keys(1), hop_keys(2)
    assert register.take(one)
    assert not register.take(one)
    assert not register.take(HopKeys(9, two.client, one.server))
    assert not register.take(HopKeys(9, one.server, two.server)), "nor in the other direction"
    assert not register.take(HopKeys(9, two.client, two.client)), "nor twice in one hop"
    assert register.take(two), "a refused set has entered nothing"


def test_the_register_forgets_the_oldest_first() -> None:
    register = KeyRegister(memory=4)
    for seed in range(3):
        assert register.take(hop_keys(seed))
    assert not register.take(hop_keys(2))
    assert not register.take(hop_keys(1))
    assert register.take(hop_keys(0))


def test_a_digest_names_the_whole_set() -> None:
    keys = hop_keys(1)
    other = hop_keys(2)
    assert digest_of(keys) == digest_of(hop_keys(1))
    variants = [
        HopKeys(7, keys.client, keys.server),
        HopKeys(9, keys.server, keys.client),
        HopKeys(9, keys.client._replace(salt=other.client.salt), keys.server),
        HopKeys(9, keys.client, keys.server._replace(key=other.server.key)),
    ]
    assert len({digest_of(k) for k in [keys, *variants]}) == 5
    assert not any(bytes(m.key) in digest_of(keys) for m in (keys.client, keys.server))
