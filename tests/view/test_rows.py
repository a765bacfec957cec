# SPDX-License-Identifier: GPL-2.0-only
"""Ranges are where the octets are, for every field of everything."""

from __future__ import annotations

import random

import pytest
from scapy.packet import Raw

from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.bind import load_stun
from perc_scapy.layers.rtp import RTP
from perc_scapy.view.parts import Part, opaque
from perc_scapy.view.rows import Row, rows_of
from tests.capture.handmade import k
from tests.view.test_fast_fields import parts


def leaves(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.kind != "layer"]


def test_octets_shown_are_the_octets_there() -> None:
    checked = 0
    for part in parts():
        for row in leaves(rows_of(part, secrets=True)):
            octets = part.data[row.offset : row.offset + row.length]
            assert row.offset + row.length <= len(part.data)
            if row.text == octets.hex() or row.text == octets[-len(row.text) // 2 :].hex():
                checked += bool(octets)
    assert checked > 500


def test_leaves_cover_every_octet_once() -> None:
    """But length prefixes, which belong to the field that they count, and bits, which share octets."""
    for part in parts():
        seen = set()
        for row in rows_of(part):
            seen |= set(range(row.offset, row.offset + row.length))
        assert seen == set(range(len(part.data))), part


def test_numbers_have_their_names() -> None:
    data = b"\x80\x00\x00\x05" + bytes(4) + b"\0\0\x10\x41" + b"abc"
    rows = {row.path: row for row in rows_of(Part("rtp", RTP, data))}
    assert rows["payload_type"].text == "0 (PCMU)"
    assert rows["ssrc"].text == "0x00001041"
    assert rows["rtp_payload"] == Row(
        "rtp_payload", 0, "rtp_payload", "rtp.rtp_payload", "616263", 12, 3
    )


def test_keys_are_hidden() -> None:
    secret = bytes(k(1).key).hex()
    tunnel = [p for p in parts() if p.protocol == "perc_tunnel" or p.decrypted]
    assert not [r for p in tunnel for r in rows_of(p) if secret in r.text]
    shown = [r for p in tunnel for r in rows_of(p, secrets=True) if r.secret]
    assert any(secret == row.text for row in shown)


def test_what_is_malformed_and_what_is_left_over() -> None:
    short = Part("perc_tunnel", DTLSTunnelMessage, b"\1\0" + b"\7" * 9)
    rows = rows_of(short)
    assert (rows[-1].kind, rows[-1].offset, rows[-1].length) == ("malformed", 2, 9)
    assert "needs 16 octets" in rows[-1].text
    hidden = rows_of(Part("perc_tunnel", DTLSTunnelMessage, short.data, decrypted=True))[-1]
    assert "hidden" in hidden.text
    assert hidden.secret
    long = Part("perc_tunnel", DTLSTunnelMessage, b"\1\0" + bytes(32) + b"\0\0\0xyz")
    assert rows_of(long)[-1][:2] == ("payload", 0)


def test_octets_without_a_layer() -> None:
    assert rows_of(opaque("data", b"ab", ""))[0].text == "6162"


def test_stun_of_scapy() -> None:
    stun = load_stun()
    part = Part("stun", stun, bytes(stun(stun_message_type=1)))
    rows = {row.label: row for row in rows_of(part)}
    assert (rows["length"].offset, rows["length"].length) == (2, 2)
    assert (rows["magic_cookie"].offset, rows["transaction_id"].length) == (4, 12)


def test_any_octets() -> None:
    dice = random.Random(4)
    for part in parts()[::3]:
        data = bytearray(part.data[: dice.randrange(len(part.data) + 1)])
        for _ in range(min(3, len(data))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        changed = Part(part.protocol, part.layer, bytes(data))
        if part.layer is not Raw:
            for row in rows_of(changed):
                assert 0 <= row.offset <= row.offset + row.length <= len(data)


@pytest.mark.parametrize("secrets", [False, True])
def test_paths_are_unique(secrets: bool) -> None:
    for part in parts():
        paths = [row.path for row in rows_of(part, secrets=secrets)]
        assert len(paths) == len(set(paths))
