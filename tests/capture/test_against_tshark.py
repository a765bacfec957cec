# SPDX-License-Identifier: GPL-2.0-only
"""Wireshark reads our file with the secrets inside, and sees the same tunnel: types, lengths, octets."""

import shutil
import subprocess
from pathlib import Path

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.codes import ContentType, HandshakeType
from tests.capture.handmade import KMF, MDD_MEDIA, three_flows

pytestmark = [
    pytest.mark.tool("tshark"),
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]


def fields(path: Path, port: int, *names: str) -> list[list[str]]:
    command = ["tshark", "-r", path, "-d", f"udp.port=={port},dtls"]
    command += ["-Y", f"dtls && udp.port=={port}", "-T", "fields", "-e", "frame.number"]
    command += [part for name in names for part in ("-e", name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def talk():
    return three_flows()


@pytest.fixture(scope="module")
def path(talk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "trace.pcapng"
    path.write_bytes(talk.pcapng())
    return path


@pytest.mark.req("T00-TUN-07", "SLD-OBJ-03", "DTL-04")
def test_the_same_tunnel_messages_octet_for_octet(talk, path: Path) -> None:
    (tunnel,) = Analysis(talk.trace, talk.keylog()).tunnels
    ours = [
        (opened.packet, len(opened.content), opened.content.hex())
        for opened in tunnel.session.contents(ContentType.APPLICATION_DATA)
    ]
    rows = fields(path, KMF.port, "data.len", "data.data")
    theirs = [(int(n), int(size), data) for n, size, data in rows if size]
    assert theirs == ours
    assert len(ours) == 28


@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "T00-TUN-03", "DTL-05")
@pytest.mark.parametrize("port", [KMF.port, MDD_MEDIA.port])
def test_the_same_handshake_messages_in_the_same_packets(talk, path: Path, port: int) -> None:
    """Both associations on the wire, Finished included; a stock dissector does not know ekt_key by name."""
    flows: dict[frozenset, DtlsFlow] = {}
    for d in talk.trace:
        if port in (d.src.port, d.dst.port):
            flows.setdefault(d.flow, DtlsFlow()).add(d.number, d.time, d.src, d.data)
    ours = set()
    for flow in flows.values():
        flow.resolve(talk.keylog())
        ours |= {(m.packet, m.type) for s in flow.sessions for m in s.messages}
    ours = {(packet, kind) for packet, kind in ours if kind != HandshakeType.EKT_KEY}
    theirs = {
        (int(number), int(kind))
        for number, kinds in fields(path, port, "dtls.handshake.type")
        for kind in kinds.split(",")
        if kind
    }
    assert theirs == ours
    assert {kind for _, kind in ours} >= {1, 2, 3, 11, 13, 14, 15, 16, 20}


def test_the_same_profile_and_randoms(talk, path: Path) -> None:
    analysis = Analysis(talk.trace, talk.keylog())
    rows = fields(path, MDD_MEDIA.port, "dtls.handshake.random", "dtls.use_srtp.protection_profile")
    randoms = {row[1] for row in rows if row[1]}
    for association in analysis.associations:
        assert association.client_random.hex() in randoms
        assert association.direct.server_hello.random.hex() in randoms
    profiles = {int(p, 16) for row in rows for p in row[2].split(",") if p}
    assert profiles == {association.srtp_profile for association in analysis.associations}
