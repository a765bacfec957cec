# SPDX-License-Identifier: GPL-2.0-only
"""Rules of `privacy`: each passes in a good conversation and fails in one with the violation planted."""

from __future__ import annotations

import pytest

from perc_scapy.conform import rule_book
from tests.conform.planted.layers import payload_in_clear
from tests.conform.rules.cases import (
    always_fails_somewhere,
    ids_of,
    must_fail,
    must_pass,
    planted_in,
)
from tests.conform.stage import conference


@pytest.mark.parametrize(("name", "id_"), planted_in("privacy"))
def test_a_planted_violation_is_found(name: str, id_: str) -> None:
    must_fail(name, id_)


@pytest.mark.parametrize("id_", ids_of("privacy"))
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


def test_every_id_has_a_violation() -> None:
    always_fails_somewhere("privacy", "DBL-14", "SLD-ROLE-01")


@pytest.mark.parametrize("id_", ["DBL-14", "SLD-ROLE-01"])
def test_a_payload_in_clear_is_found(id_: str) -> None:
    subject = payload_in_clear(conference("AB", 3).analysis())
    faults = [f for f in rule_book()[id_].judge(subject) if not f.ok]
    assert [f.seen for f in faults] == ["the payload in clear inside of the hop layer"]
