# SPDX-License-Identifier: GPL-2.0-only
"""What other people's programs say, recorded on loopback: openssl, gnutls-cli, aiortc, Chromium.

Recording needs those programs; `PERC_AIORTC` names a Python with aiortc. Rebuilding all others needs none of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from captures.builders.recipe import Built, recipe
from captures.builders.stage import pcapng
from perc_scapy.dtls import Identity
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Datagram, datagrams
from perc_scapy.pcap.reader import open_capture
from perc_scapy.wire import classify

SCRIPTS = Path(__file__).resolve().parents[1] / "record"
HERE = "127.0.0.1"
ROOM = bytes(range(0xC0, 0xD0)).hex()


# -- foreign endpoints of our MDD


@contextmanager
def process(folder: Path, *arguments: object) -> Iterator[dict[str, Any]]:
    """`perc …` with its first event: it is ready."""
    command = [sys.executable, "-m", "perc_scapy.cli", *map(str, arguments), "--json"]
    running = subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE)
    assert running.stdout is not None
    try:
        yield json.loads(running.stdout.readline())
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)


def through_the_tunnel(profile: str, client: Callable[[Path, str], None]) -> Built:
    """KMF and MDD as processes; `client(folder, port)` runs a foreign endpoint with `client.pem` and `client.key`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for who in ("kmf", "mdd", "client"):
            own = Identity.generate(who)
            (folder / f"{who}.pem").write_bytes(own.certificate_pem())
            (folder / f"{who}.key").write_bytes(own.private_key_pem())
        (folder / "kmf.toml").write_text(KMF.format(room=ROOM, profile=profile))
        with process(folder, "kmf", "--config", "kmf.toml", "--keylog", "keys") as ready:
            text = MDD.format(room=ROOM, profile=profile, kmf=ready["listen"][0])
            (folder / "mdd.toml").write_text(text)
            with process(folder, "mdd", "--config", "mdd.toml", "--capture", "mdd.pcapng") as up:
                time.sleep(1.0)
                client(folder, up["listen"][0].rpartition(":")[2])
                time.sleep(0.5)
        with open_capture(folder / "mdd.pcapng") as capture:
            frames = [(frame.time_ns, frame.data) for frame in capture]
        return Built(pcapng(frames), (folder / "keys").read_bytes())


KMF = """listen = "127.0.0.1:0"
certificate = "kmf.pem"
private_key = "kmf.key"
[[conference]]
id = "{room}"
name = "room"
mdds = ["mdd.pem"]
profile = "{profile}"
hbh_only = true
[[conference.member]]
name = "client"
fingerprint = "client.pem"
"""
MDD = """certificate = "mdd.pem"
private_key = "mdd.key"
profiles = ["{profile}"]
[[conference]]
id = "{room}"
name = "room"
listen = "127.0.0.1:0"
kmf = "{kmf}"
kmf_fingerprint = "kmf.pem"
"""


def talk_to(folder: Path, command: list[str]) -> None:
    """Run a client that ends when its standard input does."""
    running = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    time.sleep(2.0)
    output, _ = running.communicate(timeout=20)
    assert b"SRTP" in output or b"srtp" in output, output.decode(errors="replace")


@recipe(
    "foreign",
    "openssl s_client as an endpoint",
    shows="T00-EP-01 DTL-01",
    recorded="openssl and the operating system draw randomness of their own.",
)
def openssl_endpoint() -> Built:
    """`openssl s_client -dtls1_2 -use_srtp SRTP_AEAD_AES_128_GCM` shakes hands with the KMF through MDD and tunnel; it
    knows no EKT, so that the conference is hop-by-hop only. Recorded by the MDD; it sends no media."""
    return through_the_tunnel(
        "SRTP_AEAD_AES_128_GCM",
        lambda folder, port: talk_to(
            folder,
            ["openssl", "s_client", "-dtls1_2", "-connect", f"{HERE}:{port}", "-cert", "client.pem",
             "-key", "client.key", "-use_srtp", "SRTP_AEAD_AES_128_GCM"],
        ),
    )  # fmt: skip


@recipe(
    "foreign",
    "gnutls-cli as an endpoint",
    shows="T00-EP-01 DTL-01",
    recorded="gnutls-cli and the operating system draw randomness of their own.",
)
def gnutls_endpoint() -> Built:
    """`gnutls-cli --udp --srtp-profiles SRTP_AES128_CM_HMAC_SHA1_80` shakes hands with the KMF through MDD and tunnel.
    Recorded by the MDD; it sends no media."""
    return through_the_tunnel(
        "SRTP_AES128_CM_HMAC_SHA1_80",
        lambda folder, port: talk_to(
            folder,
            ["gnutls-cli", "--udp", "--insecure", "--x509certfile", "client.pem",
             "--x509keyfile", "client.key", "--srtp-profiles", "SRTP_AES128_CM_HMAC_SHA1_80",
             "--priority", "NORMAL:-VERS-ALL:+VERS-DTLS1.2", "-p", port, HERE],
        ),
    )  # fmt: skip


# -- calls without any of us


def recorded(run: Callable[[], None], seconds: float) -> list[Datagram]:
    """UDP on the loopback interface while `run` runs."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "lo.pcapng"
        command = [
            "dumpcap",
            "-q",
            "-i",
            "lo",
            "-f",
            "udp",
            "-w",
            path,
            "-a",
            f"duration:{seconds}",
        ]
        recorder = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL)
        time.sleep(0.7)
        run()
        recorder.wait(timeout=seconds + 20)
        with open_capture(path) as capture:
            return list(datagrams(capture))


def one_call(seen: Iterable[Datagram], *, keep: int, stun: bool) -> bytes:
    """The call in a recording in which others may have spoken as well: the flow of its first ClientHello."""
    everything = list(seen)
    hello = next(d for d in everything if d.data[:1] == b"\x16" and d.data[13:14] == b"\x01")
    call = [d for d in everything if d.flow == hello.flow and (stun or classify(d.data) != "stun")]
    return pcapng(
        (round(d.time * 1e9), ip_udp((HERE, d.src.port), (HERE, d.dst.port), d.data))
        for d in (*call[:keep], *call[max(keep, len(call) - 4) :])
    )


def aiortc_call(profile: str, codec: str) -> Built:
    """A call of a second between two aiortc peers."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "keys"
        python = os.environ.get("PERC_AIORTC", "python3")
        command = [python, str(SCRIPTS / "webrtc_call.py"), profile, codec, str(log), "1.2"]
        seen = recorded(lambda: subprocess.run(command, check=True, timeout=30), 5)
        secrets = b"".join(sorted(set(log.read_bytes().splitlines(keepends=True))))
    return Built(one_call(seen, keep=70, stun=True), secrets)


AIORTC = "two aiortc peers (OpenSSL, libsrtp) draw randomness of their own."


@recipe("foreign", "A WebRTC call: AEAD_AES_128_GCM, Opus", shows="DTL-01 SRT-01", recorded=AIORTC)
def webrtc_gcm() -> Built:
    """Two aiortc peers on loopback: ICE, DTLS 1.2 with AEAD_AES_128_GCM, Opus both ways. No PERC in it: one layer."""
    return aiortc_call("AEAD_AES_128_GCM", "opus")


@recipe(
    "foreign",
    "A WebRTC call: AES128_CM_HMAC_SHA1_80, G.711",
    shows="DTL-01 SRT-02",
    recorded=AIORTC,
)
def webrtc_cm80() -> Built:
    """Two aiortc peers on loopback: ICE, DTLS 1.2 with the oldest SRTP profile, G.711 μ-law both ways (a tone)."""
    return aiortc_call("AES128_CM_SHA1_80", "pcmu")


@recipe(
    "foreign",
    "A WebRTC call over DTLS 1.3",
    shows="DTL-03",
    recorded="Chromium draws randomness of its own, and writes no key log for WebRTC.",
)
def webrtc_dtls13() -> Built:
    """Two peers in one page of Chromium, with DTLS 1.3 and a post-quantum key exchange: a ClientHello in two fragments,
    records with the unified header. There are no keys; it must be recognised and named. STUN is left out, as it holds
    addresses."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as profile:
            command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                       f"--user-data-dir={profile}", "--use-fake-device-for-media-stream",
                       "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
                       "--disable-features=WebRtcHideLocalIpsWithMdns",
                       "--allow-file-access-from-files", (SCRIPTS / "call.html").as_uri()]  # fmt: skip
            running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            time.sleep(6)
            running.terminate()
            running.wait(20)

    return Built(one_call(recorded(run, 10), keep=60, stun=False))
