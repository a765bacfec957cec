# SPDX-License-Identifier: GPL-2.0-only
"""Rules of `double`: each passes in a good conversation and fails in one with the violation planted."""

from __future__ import annotations

import pytest

from perc_scapy.conform import judge
from perc_scapy.conform.model import PASS
from tests.conform.rules.cases import (
    always_fails_somewhere,
    ids_of,
    must_fail,
    must_pass,
    planted_in,
)
from tests.conform.stage import Sealed, conference


@pytest.mark.parametrize(("name", "id_"), planted_in("double"))
def test_a_planted_violation_is_found(name: str, id_: str) -> None:
    must_fail(name, id_)


@pytest.mark.parametrize("id_", ids_of("double"))
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


def test_every_id_has_a_violation() -> None:
    always_fails_somewhere("double")


def test_a_forged_packet_with_a_known_index_is_no_reuse_of_a_nonce() -> None:
    """Whoever holds hop keys can send octets under any index; only what authenticates inside is the sender's."""
    stage = conference("AB", 4)
    stage.packet("A", seq=300)
    stage.packet("A", seq=301, key=b"n" * 16, ohb=b"\x01\x2c\x01")  # SEQ 300
    assert judge(stage.analysis(), "x").result("DBL-18").result == PASS


def test_media_of_the_mdd_itself_has_no_ohb_to_judge() -> None:
    """Its payload ends in any octet; the same octets from an endpoint, or under its name, are a malformed OHB."""
    stage = conference("AB", 4)
    header = b"\x80\x60\0\1" + b"\0\1\2\3" + b"MDD!"
    one = Sealed(header, b"a tone of the MDD's own", b"\xff", b"\0", 1)
    stage.egress_packet("A", stage.wire(one, stage.egress_key("A")))
    assert judge(stage.analysis(), "x").result("DBL-07").result == PASS
