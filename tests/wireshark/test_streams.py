# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 over TLS: messages need not begin and end where records do (RFC 8446 section 5.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from captures.builders.tcp import Connection
from perc_scapy.pcap.pcapng import PcapngWriter
from tests.capture.tls_talk import TLS_1_2, TLS_1_3, tls_talk
from tests.wireshark.samples import GOOD
from tests.wireshark.tshark import with_script

pytestmark = pytest.mark.tool("tshark")
CLIENT, SERVER = ("192.0.2.2", 50000), ("192.0.2.1", 4433)
START = 1_700_000_000_000_000_000
MESSAGES = [pdu.data for pdu in GOOD[3:8]]
STREAM = b"".join(MESSAGES)


def capture(path: Path, records: list[bytes], version: int) -> Path:
    """Every record holds one of `records`, from the client."""
    talk = tls_talk(version=version, messages=[("client", data) for data in records])
    connection = Connection(CLIENT, SERVER, START)
    for number, (sender, data) in enumerate(talk.stream):
        connection.write(int(sender == "server"), data, START + 1_000_000 * number)
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        writer.secrets("\n".join(talk.lines).encode() + b"\n")
        for time_ns, frame in connection.frames:
            writer.packet(time_ns, frame)
    return path


def kinds(path: Path) -> list[str]:
    told = with_script(path, "-Y", "perc_tunnel", "-T", "fields", "-e", "perc.tunnel.msg_type")
    return told.replace(",", " ").split()


PIECES = [STREAM[at : at + 30] for at in range(0, len(STREAM), 30)]
FIRST = len(MESSAGES[0])


@pytest.mark.parametrize(
    ("records", "version"),
    [
        pytest.param(MESSAGES, TLS_1_3, id="a message a record"),
        pytest.param([STREAM], TLS_1_2, id="all in one"),
        pytest.param([STREAM[: FIRST + 1], STREAM[FIRST + 1 :]], TLS_1_3, id="a header cut"),
        pytest.param(PIECES, TLS_1_2, id="in pieces, TLS 1.2"),
        pytest.param(PIECES, TLS_1_3, id="in pieces, TLS 1.3"),
    ],
)
def test_messages_are_cut_by_their_own_length(
    tmp_path: Path, records: list[bytes], version: int
) -> None:
    path = capture(tmp_path / "tls.pcapng", records, version)
    assert kinds(path) == ["1", "2", "3", "4", "5"]
    assert with_script(path, "-Y", "perc.malformed") == ""


def test_other_data_over_tls_is_left_alone(tmp_path: Path) -> None:
    path = capture(tmp_path / "web.pcapng", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"], TLS_1_3)
    assert kinds(path) == []


def test_a_tunnel_whose_start_is_not_a_message(tmp_path: Path) -> None:
    """By hand it is dissected all the same, and said to be wrong."""
    path = capture(tmp_path / "odd.pcapng", [b"\x09\0\4oddityy"], TLS_1_3)
    assert kinds(path) == []
    forced = with_script(path, "-d", "tls.port==4433,perc_tunnel", "-Y", "perc.malformed")
    assert forced.count("\n") == 1
