# SPDX-License-Identifier: GPL-2.0-only
"""Rules of `rtcp`: each passes in a good conversation and fails in one with the violation planted."""

from __future__ import annotations

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform import judge
from perc_scapy.conform.model import FAIL, PASS
from perc_scapy.conform.rules.rtcp import SHIFTED, _sdes_items_untrusted
from perc_scapy.crypto import SrtpContext
from tests.capture.handmade import ROW
from tests.conform.planted.streams import NOBODY
from tests.conform.rules.cases import (
    always_fails_somewhere,
    ids_of,
    must_fail,
    must_pass,
    planted_in,
)
from tests.conform.stage import conference


@pytest.mark.parametrize(("name", "id_"), planted_in("rtcp"))
def test_a_planted_violation_is_found(name: str, id_: str) -> None:
    must_fail(name, id_)


@pytest.mark.parametrize("id_", ids_of("rtcp"))
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


def test_every_id_has_a_violation() -> None:
    always_fails_somewhere("rtcp")


@pytest.mark.parametrize(("lag", "result"), [(SHIFTED - 1, PASS), (SHIFTED, FAIL)])
def test_overtaken_reports_are_no_fault_up_to_a_bound(lag: int, result: str) -> None:
    stage = conference("AB", 2)
    stage.rtcp("A", index=500)
    stage.rtcp("A", index=500 - lag)
    assert judge(stage.analysis(), "x").result("SRT-05").result == result


def sealed_reports(count: int) -> Analysis:
    """So many reports that do not open, on a hop where nothing else says whether reports do."""
    stage = conference("AB", 2)
    for _ in range(count):
        stage.rtcp("A", master=NOBODY)
    return stage.analysis()


@pytest.mark.parametrize(("count", "fails"), [(2, False), (3, True)])
def test_one_report_that_stays_closed_may_be_damaged(count: int, fails: bool) -> None:
    assert (judge(sealed_reports(count), "x").result("DBL-15").result == FAIL) == fails


def test_items_of_every_chunk_are_read() -> None:
    """Chunks end on 32 bits; what is missing of the last one is not read."""
    chunks = b"SSRC\x01\x02ab\0\0\0\0" + b"ssrc\x01\x03abc\x02\x01z" + b"\0" * 4
    sdes = b"\x82\xca" + (len(chunks) // 4).to_bytes(2, "big") + chunks
    report = b"\x80\xc9\0\1SSRC"
    assert list(_sdes_items_untrusted(report + sdes)) == [1, 1, 2]
    assert list(_sdes_items_untrusted(report + sdes[:14])) == [1]
    assert list(_sdes_items_untrusted(b"\x81\xca\0\2SSRC\x03")) == []


@pytest.mark.req("R8871-15")
@pytest.mark.parametrize(("who", "fails"), [("endpoint", True), ("MDD", False)])
def test_personal_items_are_the_endpoints_fault(who: str, fails: bool) -> None:
    """What an MDD says of itself names no user."""
    stage = conference("AB", 2)
    ssrc = stage.ssrc("A").to_bytes(4, "big")
    body = b"\x80\xc9\0\1" + ssrc + b"\x81\xca\0\3" + ssrc + b"\x02\x04name\0\0"
    if who == "endpoint":
        stage.rtcp("A", body)
    else:
        context = SrtpContext(ROW.layer.code, *stage.egress_key("B"))
        stage.egress_packet("B", context.protect_rtcp(body, index=1))
    analysis = stage.analysis()
    assert analysis.media[-1].opened.plain == body
    assert (judge(analysis, "x").result("R8871-15").result == FAIL) == fails
