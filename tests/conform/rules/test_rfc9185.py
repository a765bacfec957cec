# SPDX-License-Identifier: GPL-2.0-only
"""Rules of `rfc9185`: each passes in a good conversation and fails in one with the violation planted."""

from __future__ import annotations

import pytest

from perc_scapy.conform import rule_book
from tests.conform.planted.rfc9185 import dtls_before_finished
from tests.conform.rules.cases import (
    always_fails_somewhere,
    ids_of,
    must_fail,
    must_pass,
    planted_in,
)
from tests.conform.stage import conference
from tests.conform.tls_stage import TlsStage


@pytest.mark.parametrize(("name", "id_"), planted_in("rfc9185"))
def test_a_planted_violation_is_found(name: str, id_: str) -> None:
    must_fail(name, id_)


@pytest.mark.parametrize("id_", ids_of("rfc9185"))
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


def test_every_id_has_a_violation() -> None:
    always_fails_somewhere("rfc9185", "R9185-TUN-02")


def test_dtls_before_the_tunnel_stands_is_found() -> None:
    subject = dtls_before_finished(conference("A", 0, TlsStage()).analysis())
    faults = [f for f in rule_book()["R9185-TUN-02"].judge(subject) if not f.ok]
    assert [f.seen for f in faults] == ["TunneledDtls before the tunnel's Finished"]
