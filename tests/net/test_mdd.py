# SPDX-License-Identifier: GPL-2.0-only
"""The MDD as a process: tunnels in every layout, its own recording, loss on the tunnel."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import threading

import pytest

from tests.net.processes import address_of, kmf_conference, mdd_conference

TSHARK = shutil.which("tshark")


@pytest.mark.req("T00-TUN-04", "T00-TUN-06", "T00-KMF-01", "T00-MDD-01")
def test_one_kmf_serves_a_shared_tunnel_one_of_its_own_and_one_for_each_endpoint(place):
    shared = "shared_tunnel = true"
    kmf = place.kmf(
        kmf_conference("alice", more=shared),
        kmf_conference("alice", number=1, more=shared),
        kmf_conference("alice", number=2),
        kmf_conference("alice", "bob", number=3),
    )
    at = address_of(kmf)
    mdd = place.mdd(
        mdd_conference(at, more='tunnels = ["shared"]'),
        mdd_conference(at, number=1, more='tunnels = ["shared"]'),
        mdd_conference(at, number=2),
        mdd_conference(at, number=3, more='tunnels = ["left", "right"]'),
    )
    assert len(mdd.until("ready")["tunnels"]) == 4
    guests = [("alice", 0), ("alice", 1), ("alice", 2), ("alice", 3), ("bob", 3)]
    people = [place.endpoint(name, address_of(mdd, number)) for name, number in guests]
    for person in people:
        person.until("media_ready")
    keyed = mdd.several("hop_keys_installed", len(people))
    used = {(event["conference"], event["tunnel_id"]) for event in keyed}
    assert {tunnel for room, tunnel in used if room in ("room0", "room1")} == {"shared"}
    assert {tunnel for room, tunnel in used if room == "room3"} == {"left", "right"}
    joined = kmf.several("member_joined", len(people))
    assert len(kmf.several("tunnel_opened", 4)) == 4
    addresses = {event["conference"]: event["tunnel_id"]["addr"] for event in joined}
    assert addresses["room0"] == addresses["room1"] != addresses["room2"]


@pytest.mark.req("T00-TUN-05")
def test_a_tunnel_on_demand_opens_for_the_first_endpoint(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf)), head="dial_on_demand = true")
    alice = place.endpoint("alice", address_of(mdd))
    alice.until("media_ready")
    mdd.until("hop_keys_installed")
    names = mdd.names()
    assert names.index("tunnel_wanted") < names.index("tunnel_opened")
    assert names.index("tunnel_opened") < names.index("association_opened")


@pytest.mark.req("T00-TUN-05")
def test_a_tunnel_in_advance_is_there_before_any_endpoint(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(mdd_conference(address_of(kmf)))
    mdd.until("tunnel_opened")
    place.endpoint("alice", address_of(mdd)).until("media_ready")
    assert mdd.end() == 0
    assert mdd.all("tunnel_wanted") == []


class LossyTunnel:
    """A UDP relay between one MDD and the KMF that drops datagrams by number, each direction counted alone."""

    def __init__(self, kmf: str, drop) -> None:
        host, port = kmf.split(":")
        self._kmf = (host, int(port))
        self._drop = drop
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for each in self._sockets:
            each.bind(("127.0.0.1", 0))
            each.settimeout(0.1)
        self.address = f"127.0.0.1:{self._sockets[0].getsockname()[1]}"
        self._mdd = None
        self.dropped = self.passed = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(index,)) for index in range(2)
        ]  # fmt: skip
        for thread in self._threads:
            thread.start()

    def _run(self, index: int) -> None:
        count = 0
        while not self._stop.is_set():
            try:
                data, addr = self._sockets[index].recvfrom(65535)
            except TimeoutError:
                continue
            if index == 0:
                self._mdd = addr
            if data[0] == 23:
                count += 1
                if self._drop(index, count):
                    self.dropped += 1
                    continue
            self.passed += 1
            target = self._kmf if index == 0 else self._mdd
            self._sockets[1 - index].sendto(data, target)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()


@pytest.mark.req("T00-TUN-08", "SLD-OBJ-04", "SLD-TRN-01", "SLD-TRN-02", "T00-KMF-11")
def test_lost_tunnel_datagrams_are_recovered_by_the_inner_dtls_alone(place):
    # MDD to KMF: the second hello is lost. KMF to MDD: the datagram with Finished and keys is lost.
    lost = {(0, 2), (1, 3)}
    kmf = place.kmf(kmf_conference("alice"))
    relay = LossyTunnel(address_of(kmf), lambda index, count: (index, count) in lost)
    try:
        mdd = place.mdd(mdd_conference(relay.address))
        mdd.until("tunnel_opened")
        alice = place.endpoint("alice", address_of(mdd))
        joined = alice.until("joined")
        alice.until("media_ready")
        keyed = mdd.until("hop_keys_installed")
        assert relay.dropped == 2
        assert keyed["client_key_id"] == joined["send_key_id"]
        assert keyed["server_key_id"] == joined["receive_key_id"]
        assert [event["repeat"] for event in kmf.several("hop_keys_sent", 2)] == [False, True]
    finally:
        mdd.kill()
        relay.close()


@pytest.mark.tool("tshark")
@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "T00-TUN-03", "T00-TUN-07")
def test_a_stranger_reads_the_tunnel_in_the_recording(place):
    kmf = place.kmf(kmf_conference("alice"))
    mdd = place.mdd(
        mdd_conference(address_of(kmf)), options=("--capture", "mdd.pcapng", "--keylog", "mdd.keys")
    )
    alice = place.endpoint("alice", address_of(mdd))
    alice.until("media_ready")
    mdd.until("hop_keys_installed")
    assert [process.end() for process in (alice, mdd, kmf)] == [0, 0, 0]
    capture = place.folder / "mdd.pcapng"
    assert stat.S_IMODE(capture.stat().st_mode) == 0o600
    port = address_of(kmf).split(":")[1]
    fields = ["udp.srcport", "udp.dstport", "dtls.handshake.type", "dtls.record.content_type"]
    command = [TSHARK, "-r", capture, "-o", f"tls.keylog_file:{place.folder / 'mdd.keys'}",
               "-d", f"udp.port=={port},dtls", "-Y", f"udp.port=={port}", "-T", "fields"]  # fmt: skip
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    # MDD: hello; KMF: cookie; MDD: hello; KMF: hello, certificate, key, request, done; MDD: certificate …
    tunnel_port = mdd.until("ready")["tunnels"][0].split(":")[1]
    assert rows[0][:3] == [tunnel_port, port, "1"]
    assert [row[2] for row in rows[1:4]] == ["3", "1", "2,11,12,13,14"]
    assert rows[4][2].startswith("11,16,15")
    assert all("23" in row[3] for row in rows[6:-2]), "application data and nothing else"
    assert len(rows) > 12
