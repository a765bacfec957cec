# SPDX-License-Identifier: GPL-2.0-only
"""Candidate keys: the right one first, each once, under a name that says whose it is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.secret import Key
from perc_scapy.explain.keys import hop_options, inner_options
from tests.explain.forge import association, conference


@pytest.mark.parametrize("from_endpoint", [True, False])
def test_the_right_key_is_first(from_endpoint: bool) -> None:
    a = association()
    options = hop_options(a, conference().associations, from_endpoint=from_endpoint)
    hop = a.hop_keys()
    assert options[0].value == (hop.client if from_endpoint else hop.server)
    assert options[0].right
    assert not any(option.right for option in options[1:])


def test_each_key_once_and_named() -> None:
    options = hop_options(association(), conference().associations, from_endpoint=True)
    values = [tuple(map(bytes, option.value)) for option in options]
    assert len(values) == len(set(values)) > 8
    assert all(option.clause for option in options[1:])
    assert any("association 2" in option.name for option in options)


def test_no_name_holds_a_key() -> None:
    options = [
        *hop_options(association(), conference().associations, from_endpoint=True),
        *inner_options(association(), conference().associations),
    ]
    for option in options:
        assert bytes(option.value.key).hex() not in option.name
        assert bytes(option.value.key).hex() not in repr(option)


@pytest.mark.parametrize("from_endpoint", [True, False])
def test_keys_told_to_the_mdd_are_tried(from_endpoint: bool) -> None:
    """Where a KMF tells others than the handshake exports, the MDD seals with those."""
    a = association()
    ours, theirs = (MasterKey(Key(bytes([n]) * 16), Key(bytes([n]) * 12)) for n in (1, 2))
    told = SimpleNamespace(client=ours, server=theirs)
    seen = [
        SimpleNamespace(packet=76, message=None),  # refused
        SimpleNamespace(packet=77, message=SimpleNamespace(keys=None)),
        SimpleNamespace(packet=78, message=SimpleNamespace(keys=told)),
    ]
    lied_to = SimpleNamespace(
        hop_keys=a.hop_keys, exported=a.exported, key_messages=lambda: seen, number=1
    )
    options = hop_options(lied_to, [lied_to], from_endpoint=from_endpoint)
    found = [o for o in options if "told to the MDD" in o.name]
    assert [o.value for o in found] == [ours if from_endpoint else theirs]
    assert "in packet 78," in found[0].name
    assert "8871 section 6.2" in found[0].clause
