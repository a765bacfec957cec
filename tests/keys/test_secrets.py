# SPDX-License-Identifier: GPL-2.0-only
"""Secrets into a capture and out of it."""

from __future__ import annotations

import io

import pytest

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.keys.blocks import PACKETS, secrets_block
from perc_scapy.keys.secrets import (
    client_randoms,
    key_log_of,
    lines_for,
    secrets_in,
    with_secrets,
    without_secrets,
)
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.pcapng import DECRYPTION_SECRETS, PcapngWriter
from tests.capture import samples
from tests.capture.handmade import three_flows
from tests.golden.samples import CAPTURES, opened
from tests.keys.files import blocks, frames, reader, written

STRANGER = "CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48


@pytest.mark.parametrize("name", samples.ALL)
def test_added_secrets_stand_before_the_first_packet(name: str) -> None:
    data = samples.ALL[name]
    found = list(with_secrets(blocks(data), b"CLIENT_RANDOM x y\n"))
    kinds = [block.kind for block in found]
    place = next(i for i, kind in enumerate(kinds) if kind in PACKETS)
    assert kinds[place - 1] == DECRYPTION_SECRETS
    assert reader_secrets(written(found)).count(b"CLIENT_RANDOM x y\n") == 1
    assert [f.data for f in frames(written(found))] == [f.data for f in frames(data)]


def reader_secrets(data: bytes) -> list[bytes]:
    capture = reader(data)
    list(capture)
    return capture.secrets


def test_a_capture_without_packets_takes_secrets_too() -> None:
    stream = io.BytesIO()
    PcapngWriter(stream)
    found = list(with_secrets(blocks(stream.getvalue()), b"x\n"))
    assert reader_secrets(written(found)) == [b"x\n"]
    assert list(with_secrets(blocks(stream.getvalue()), b"")) == blocks(stream.getvalue())


def test_added_secrets_open_the_capture_and_stripping_undoes_it() -> None:
    talk = three_flows()
    closed = talk.pcapng(secrets=False)
    log = talk.keylog().to_text()
    opened = written(list(with_secrets(blocks(closed), log)))
    assert all(m.opened.plain for m in analyse(reader(opened)).media)
    assert written(list(without_secrets(blocks(opened)))) == closed
    for line in talk.lines:
        secret = line.split()[2]
        assert bytes.fromhex(secret) not in closed
        assert secret.encode() not in written(list(without_secrets(blocks(opened))))


def test_secrets_of_every_kind_are_left_out() -> None:
    stream = io.BytesIO()
    writer = PcapngWriter(stream)
    writer.secrets(b"CLIENT_RANDOM 00 11\n")
    writer.secrets(b"LOCAL_STATIC_PRIVATE_KEY = secret\n", kind=0x57474B4C)
    writer.packet(1, ip_udp(samples.A, samples.B, b"hello"))
    data = stream.getvalue()
    assert [kind for kind, _ in secrets_in(blocks(data))] == [0x544C534B, 0x57474B4C]
    assert key_log_of(blocks(data))[1] == 1
    clean = written(list(without_secrets(blocks(data))))
    assert b"PRIVATE" not in clean
    assert b"CLIENT_RANDOM" not in clean
    assert len(frames(clean)) == 1


def test_only_lines_of_the_captures_own_sessions_go_along() -> None:
    talk = three_flows()
    log = talk.keylog()
    log.add_text(STRANGER.encode())
    log.add_text(b"CLIENT_HANDSHAKE_TRAFFIC_SECRET " + b"ab" * 32 + b" " + b"11" * 32)
    analysis = Analysis(talk.trace)
    assert len(client_randoms(analysis)) == 4
    chosen = KeyLog()
    chosen.add_text(lines_for(analysis, log))
    assert chosen.to_text() == talk.keylog().to_text()


def test_tunneled_sessions_count_when_their_link_was_not_captured() -> None:
    talk = three_flows()
    tunnel = [d for d in talk.trace if 4433 in (d.src.port, d.dst.port)]
    analysis = Analysis(tunnel, talk.keylog())
    assert len(lines_for(analysis, talk.keylog()).splitlines()) == 4


@pytest.mark.parametrize("name", ["rfc9185-tls12", "rfc9185-tls13"])
def test_sessions_of_tls_tunnels_count(name: str) -> None:
    analysis = opened(name)
    tls = {session.client_random for session, _, _ in analysis.tls_sessions()}
    assert tls
    assert tls <= client_randoms(analysis)
    log = KeyLog()
    log.add_text((CAPTURES / name / "secrets.keylog").read_bytes())
    chosen = lines_for(analysis, log)
    assert all(random.hex().encode() in chosen for random in tls)
    trace = (CAPTURES / name / "trace.pcapng").read_bytes()
    own = [
        line
        for line in log.to_text().splitlines()
        if bytes.fromhex(line.split()[1].decode()) in trace
    ]
    assert chosen.splitlines() == own
    assert len(own) == len(log) - 1  # one line is of a session that was not recorded


def test_secrets_come_without_their_padding() -> None:
    found = list(secrets_in([secrets_block(b"12345", "<")]))
    assert [text for _, text in found] == [b"12345"]


def test_lines_that_name_no_client_go_along() -> None:
    log = KeyLog()
    log.add_text(b"RSA " + b"ab" * 8 + b" " + b"cd" * 48)
    assert lines_for(Analysis([]), log) == log.to_text() != b""
