# SPDX-License-Identifier: GPL-2.0-only
"""A tap that is never closed leaves a whole file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from scapy.layers.inet import IP, UDP
from scapy.utils import RawPcapNgReader

from perc_scapy.pcap.tap import Tap


def payloads(path: Path) -> list[bytes]:
    with RawPcapNgReader(str(path)) as reader:
        return [bytes(IP(data)[UDP].payload) for data, _ in reader]


def test_datagrams_are_in_the_file_before_it_is_closed(tmp_path: Path) -> None:
    tap = Tap(tmp_path / "t.pcapng")
    tap.datagram(1700000000.5, ("127.0.0.1", 40000), ("127.0.0.1", 5004), b"first")
    assert payloads(tmp_path / "t.pcapng") == [b"first"]
    with tap:
        tap.datagram(1700000000.6, ("127.0.0.1", 5004), ("127.0.0.1", 40000), b"second")
    assert payloads(tmp_path / "t.pcapng") == [b"first", b"second"]
    assert (tmp_path / "t.pcapng").stat().st_mode & 0o777 == 0o600


def test_a_killed_process_leaves_a_readable_file(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom perc_scapy.pcap.tap import Tap\ntap = Tap(sys.argv[1])\n"
        "for n in range(50):\n    tap.datagram(n, ('::1', 1), ('::1', 2), b'x' * n)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "t.pcapng"
    done = subprocess.run([sys.executable, "-c", program, str(path)], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    with RawPcapNgReader(str(path)) as reader:
        assert len(list(reader)) == 50
