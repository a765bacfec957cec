# SPDX-License-Identifier: GPL-2.0-only
"""Candidate keys: the right one first, each once, under a name that says whose it is."""

from __future__ import annotations

import pytest

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
