# SPDX-License-Identifier: GPL-2.0-only
"""Filters over a whole conference whose packets are known."""

from __future__ import annotations

from functools import cache

import pytest

from perc_scapy.view.filters import FilterError, compile_filter
from perc_scapy.view.packets import PacketView
from tests.capture.handmade import k, three_flows
from tests.view.test_packets import views_of


@cache
def views() -> list[PacketView]:
    return views_of(three_flows())


def passing(text: str, **options: bool) -> list[int]:
    test = compile_filter(text, **options)
    return [view.number for view in views() if test(view)]


ALL = [view.number for view in views()]


def test_the_key_messages() -> None:
    found = passing("tunnel.type == 2 and not expert.warning")
    assert found == [v.number for v in views() if "SRTP_KEY_INFORMATION" in v.summary]
    assert len(found) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tunnel.type == srtp_key_information", "tunnel.type==2"),
        ("dtls.handshake.msg_type == client_hello", "dtls.client_hello"),
        ("rtp.ssrc == 0x1041", "rtp.ssrc == 4161"),
        ("not rtp && !(dtls)", "rtcp"),
        ("ekt.type == full", "ekt.spi"),
        ("rtp.ssrc in {0x1041, 4162}", "rtp.ssrc in {0x1041..0x1042}"),
        ('perc.hop == "A>MDD"', 'perc.association == a and perc.hop matches "^a"'),
        ("ip.src == 127.0.0.1", "ip.addr == 127.0.0.0/8"),
        ('rtp.rtp_payload contains "late"', "rtp.rtp_payload contains 6c:61:74:65"),
        ('rtp.rtp_payload[0:1] == "A"', 'rtp.rtp_payload matches "^A"'),
        ('rtp.rtp_payload[-1] == "0"', 'rtp.rtp_payload matches "0$"'),
        ("rtp.ssrc", "count(rtp.ssrc) >= 1"),
        ("frame.number <= 9 or frame.number >= 111", "not frame.number in {10..110}"),
        ("udp.port == 4433", "tunnel or udp.srcport == 4433 or udp.dstport == 4433"),
        ("lower(perc.hop) == \"a>mdd\"", "perc.hop == 'A>MDD'"),
        ("rtp.timestamp == rtp.timestamp", "rtp"),
    ],
)  # fmt: skip
def test_two_ways_to_say_it(one: str, other: str) -> None:
    assert passing(one) == passing(other)
    assert 0 < len(passing(one)) < len(ALL) or one.startswith("ip.")


def test_unequal_means_that_no_value_is_equal() -> None:
    assert set(passing("rtp.ssrc != 0x1041")) == set(passing("rtp")) - set(
        passing("rtp.ssrc == 0x1041")
    )
    assert not set(passing("tunnel.type != 2")) & set(passing("not tunnel.type"))


def test_logic() -> None:
    assert passing("frame.number == 1 or frame.number == 2 and frame.number == 3") == [1]
    assert passing("(frame.number == 1 or frame.number == 2) and frame.number < 2") == [1]
    assert passing("not not frame.number == 5") == [5]
    assert passing("frame") == ALL


def test_key_octets_cannot_be_guessed_with_filters() -> None:
    secret = bytes(k(1).key).hex()
    for text in (f"dtls.ekt_key.ekt_key_value contains {secret[:4]}",
                 f"dtls.ekt_key.ekt_key_value[0:2] == {secret[:4]}",
                 "dtls.ekt_key.ekt_key_value >= 00", 'dtls.ekt_key.ekt_key_value matches "."'):  # fmt: skip
        assert passing(text) == [], text
        assert passing(text, secrets=True) != []
    assert passing("len(dtls.ekt_key.ekt_key_value) == 16") == passing("dtls.ekt_key")


@pytest.mark.parametrize(
    ("text", "token", "problem"),
    [
        ("tunnel.typ == 2", "tunnel.typ", "did you mean tunnel.type"),
        ("dtls.handshake.msg_type == client_helo", "client_helo", "did you mean client_hello?"),
        ("rtp.ssrc contains 12", "12", "contains nothing"),
        ("rtp.ssrc == abc", "abc", "is a number"),
        ("ip.src == 300.1.1.1", "300.1.1.1", "no IP address"),
        ("tunnel.association_id == xyz", "xyz", "octets in hex"),
        ("perc.decrypted == maybe", "maybe", "neither true nor false"),
        ("rtp.ssrc[0:2] == 1", "[0:2]", "no slices"),
        ("rtp.rtp_payload[a] == 1", "[a]", "a slice is"),
        ('rtp.rtp_payload matches "(a*)*"', '"(a*)*"', "no repeat"),
        ("(rtp", "", "expected )"),
        ("rtp)", ")", "expected and, or"),
        ("rtp rtcp", "rtcp", "expected and, or"),
        ("rtp and", "", "expected the name"),
        ("ekt == 2", "==", "only its fields"),
        ("rtp.ssrc in 3", "3", "expected {"),
        ("rtp.ssrc in {3", "", "expected }"),
        ("rtp.ssrc == rtp.rtp_payload", "==", "different kinds"),
        ("rtp.ssrc = 3", "=", "=="),
        ("", "", "says nothing"),
        ("perc.hop < 3", "3", "has no order"),
        ('rtp.ssrc == "', '"', "no end"),
        ("!" * 60 + "rtp", "!", "levels"),
    ],
)
def test_an_error_points_at_the_token(text: str, token: str, problem: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    error = caught.value
    assert problem in str(error)
    assert text[error.start : error.end] == token
    shown, marks = error.pointer.split("\n")
    assert shown == text
    assert (marks.index("^"), marks.count("^")) == (error.start, max(1, len(token)))
