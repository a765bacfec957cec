# SPDX-License-Identifier: GPL-2.0-only
"""Wireshark follows the same TLS connections with the same key log, and reads the same octets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from perc_scapy.capture.analysis import analyse
from perc_scapy.capture.keyring import Keyring
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.codes import ContentType
from perc_scapy.pcap.reader import open_capture
from tests.project.tree import ROOT

pytestmark = [
    pytest.mark.tool("tshark"),
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]
CAPTURES = ["rfc9185-tls12", "rfc9185-tls13"]


def followed(folder: Path) -> tuple[bytes, bytes]:
    """What tshark's "Follow TLS Stream" gives: the client's octets and the server's."""
    command = ["tshark", "-r", str(folder / "trace.pcapng"), "-q", "-z", "follow,tls,raw,0"]
    command += ["-o", f"tls.keylog_file:{folder / 'secrets.keylog'}", "-d", "tcp.port==4433,tls"]
    command += ["-o", "tcp.reassemble_out_of_order:TRUE"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith("=")]
    octets = [line for line in lines if set(line.strip()) <= set("0123456789abcdef")]
    plain = bytes.fromhex("".join(line for line in octets if not line.startswith("\t")))
    tabbed = bytes.fromhex("".join(line.strip() for line in octets if line.startswith("\t")))
    first = next(line for line in lines if line.startswith("Node 0"))
    return (tabbed, plain) if first.endswith(":4433") else (plain, tabbed)


def ours(folder: Path) -> TlsSession:
    with open_capture(folder / "trace.pcapng") as capture:
        analysis = analyse(capture, Keyring.of([folder / "secrets.keylog"]))
    ((session, _, _),) = analysis.tls_sessions()
    return session


@pytest.mark.parametrize("name", CAPTURES)
def test_the_same_octets_both_ways(name: str) -> None:
    folder = ROOT / "captures" / name
    contents = list(ours(folder).contents(ContentType.APPLICATION_DATA))
    client = b"".join(o.content for o in contents if o.from_client)
    server = b"".join(o.content for o in contents if not o.from_client)
    assert len(client) > 2000
    assert len(server) > 2000
    assert followed(folder) == (client, server)
