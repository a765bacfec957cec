# SPDX-License-Identifier: GPL-2.0-only
"""What was decrypted, for others to see, without the keys."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.records import SeenRecord
from perc_scapy.dtls.record import Record
from perc_scapy.keys.share import TUNNEL_PROTOCOL, _handshake, _plain, shared, write_shared
from perc_scapy.pcap.exported import read_pdu
from perc_scapy.tunnel import TUNNEL_VERSIONS
from tests.capture.handmade import HandmadeConference, k, three_flows
from tests.keys.files import frames

DRAFT = TUNNEL_VERSIONS["draft00"]


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


def secrets_of(talk: HandmadeConference) -> list[bytes]:
    """Every key octet string that the conference has."""
    found = [bytes.fromhex(line.split()[2]) for line in talk.lines]
    for person in talk.people.values():
        for side in (person.keys.client, person.keys.server):
            found += [*side.inner(), *side.outer()]
        found += [p for each in person.parameters for p in (each.key, each.salt)]
    return [bytes(secret) for secret in found]


def capture_of(talk: HandmadeConference, **options) -> bytes:
    stream = io.BytesIO()
    write_shared(stream, shared(Analysis(talk.trace, talk.keylog()), **options))
    return stream.getvalue()


def test_no_key_octet_is_in_what_is_shared(talk: HandmadeConference) -> None:
    data = capture_of(talk)
    for secret in secrets_of(talk):
        for at in range(len(secret) - 5):
            assert secret[at : at + 6] not in data
            assert secret[at : at + 6].hex().encode() not in data


def test_with_keys_on_demand(talk: HandmadeConference) -> None:
    data = capture_of(talk, keys=True)
    person = talk.people["A"]
    assert bytes(person.keys.client.outer().key) in data
    assert bytes(k(1).key) in data
    assert bytes(person.keys.client.inner().key) not in data  # nobody ever tells these


def test_tunnel_messages_and_handshakes_can_be_read(talk: HandmadeConference) -> None:
    pdus = [read_pdu(frame.data) for frame in frames(capture_of(talk))]
    messages = [pdu for pdu in pdus if pdu.protocol == TUNNEL_PROTOCOL]
    read = [DRAFT.decode(pdu.data, "mdd" if pdu.dst.port == 4433 else "kmf") for pdu in messages]
    seen = Analysis(talk.trace, talk.keylog()).tunnels[0].messages
    assert [m.dtls for m in read] == [s.message.dtls for s in seen]
    assert {m.keys.client.key for m in read if m.keys} == {bytes(16)}
    dtls = [pdu.data for pdu in pdus if pdu.protocol == "dtls"]
    assert all(data[3:5] == b"\0\0" for data in dtls)  # epoch 0: nothing is encrypted any more
    assert sum(data[0] == 22 and data[13] == 26 for data in dtls) == 5  # ekt_key


def fragment(kind: int, body: bytes, first: int, last: int) -> bytes:
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + b"\0\5"
    return head + first.to_bytes(3, "big") + (last - first).to_bytes(3, "big") + body[first:last]


def opened(kind: int, content: bytes) -> SeenRecord:
    """A record of epoch 1 that was decrypted."""
    return SeenRecord(1, 0.0, "client", Record(kind, 0xFEFD, 1 << 48 | 1, b""), content)


@pytest.mark.parametrize("cut", range(1, 34))
def test_a_piece_of_an_ekt_key_keeps_no_key_wherever_it_is_cut(cut: int) -> None:
    """A piece cannot be read by its vectors: what looks like their lengths may be octets of the key."""
    secret = bytes((16, *range(0xC0, 0xCF)))
    body = b"\x10" + secret + b"\x0c" + bytes(range(0xA0, 0xAC)) + b"\0\7\0\1\0"
    for first, last in ((0, cut), (cut, len(body))):
        piece = fragment(26, body, first, last)
        shown = _plain(opened(22, piece), keys=False)
        assert shown[13:25] == piece[:12]
        assert shown[25:] == bytes(last - first)
    assert _plain(opened(22, body[:9]), keys=False)[13:] == bytes(9)


def test_what_was_said_over_dtls_itself_is_not_shared() -> None:
    """Handshakes and alerts are; application data (a data channel) is nobody else's business."""
    records = [
        opened(22, fragment(20, bytes(12), 0, 12)),
        opened(23, b"a word"),
        opened(21, b"\1\0"),
    ]
    session = SimpleNamespace(client="client", records=records)
    association = SimpleNamespace(direct=session, tunneled=None, endpoint=None, mdd=None)
    assert [pdu.data[0] for pdu in _handshake(association, keys=True)] == [22, 21]


def test_nothing_decrypted_nothing_shared(talk: HandmadeConference) -> None:
    assert all(pdu.protocol == "dtls" for pdu in shared(Analysis(talk.trace)))
    assert shared(Analysis([])) == []


@pytest.mark.tool("tshark")
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_reads_the_handshakes_without_any_secret(
    talk: HandmadeConference, tmp_path: Path
) -> None:
    path = tmp_path / "shared.pcapng"
    path.write_bytes(capture_of(talk))
    run = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", "-e", "dtls.handshake.type"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    types = {value for line in run.stdout.split() for value in line.split(",")}
    assert {"1", "2", "11", "12", "14", "16", "20"} <= types


def test_a_piece_that_reads_like_a_whole_message_keeps_nothing_either() -> None:
    """Two empty vectors, and key octets where SPI and TTL would be."""
    body = bytes(4) + b"KEYS!" + bytes(20)
    assert _plain(opened(22, fragment(26, body, 0, 9)), keys=False)[25:] == bytes(9)
