# SPDX-License-Identifier: GPL-2.0-only
"""The main job: real processes on loopback, judged by the capture they leave."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perc_scapy.cli import main
from perc_scapy.media.wav import decode_wav
from perc_scapy.pcap.packets import datagrams
from perc_scapy.pcap.reader import open_capture

FLOWS = {"SS1": 16, "SS2": 16, "NUJ": 16}
STEPS = [f"{flow}-{n:02d}" for flow, count in FLOWS.items() for n in range(1, count + 1)]
PERC = [sys.executable, "-m", "perc_scapy.cli", "demo"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of one run with three participants."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run([*PERC, "--keep", folder, "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    (folder / "stdout").write_text(done.stdout)
    return folder


@pytest.mark.req(
    *STEPS,
    "SLD-OBJ-02", "SLD-OBJ-03", "SLD-OBJ-05", "SLD-OBJ-06", "SLD-OBJ-07", "T00-TUN-01", "T00-TUN-03",
    "T00-TUN-07", "T00-MDD-07", "T00-MDD-09", "T00-MDD-11", "T00-KMF-10", "T00-KMF-13", "T00-KMF-14",
    "T00-KMF-15", "T00-KMF-17", "R8871-04", "R8871-10", "R8871-14", "R8871-20", "R8871-21", "R8871-22",
    "R8871-24", "EKT-21", "EKT-26", "SLD-ROLE-02", "SLD-ROLE-03",
)  # fmt: skip
def test_every_step_is_in_the_capture_and_every_check_holds(kept: Path) -> None:
    told = json.loads((kept / "stdout").read_text())
    assert told == json.loads((kept / "ladder.json").read_text())
    assert (told["schema"], told["verdict"]) == (1, "pass")
    assert [step["id"] for step in told["steps"]] == STEPS
    assert all(step["seen"] and step["packet"] >= 1 for step in told["steps"])
    assert all(check["ok"] for check in told["checks"])
    assert len(told["checks"]) >= 20


def test_the_folder_holds_what_is_documented(kept: Path) -> None:
    pairs = [f"{a}-{b}.wav" for a in "ABC" for b in "ABC" if a != b]
    names = {path.name for path in kept.iterdir()} - {"stdout"}
    assert names == {"trace.pcapng", "ladder.json", "ladder.svg", *pairs}
    assert (kept / "trace.pcapng").stat().st_mode & 0o777 == 0o600
    for name in pairs:
        audio = decode_wav((kept / name).read_bytes())
        assert audio.rate == 8000
        assert max(audio.samples) > 3000, "a voice, not silence"


def test_the_trace_stands_alone(kept: Path) -> None:
    with open_capture(kept / "trace.pcapng") as reader:
        packets = list(reader)
        assert reader.damage is None
    assert len(reader.secrets) == 1
    assert len(packets) > 200


@pytest.mark.tool("tshark")
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "T00-TUN-03")
def test_tshark_sees_the_same_tunnel_handshake(kept: Path) -> None:
    """Packet numbers of our ladder and tshark's reading of the same packets; two certificates, both asked for."""
    steps = {s["id"]: s["packet"] for s in json.loads((kept / "ladder.json").read_text())["steps"]}
    port = _kmf_port(kept)
    command = ["tshark", "-r", kept / "trace.pcapng", "-d", f"udp.port=={port},dtls"]
    command += ["-Y", f"dtls.handshake.type && udp.port=={port}", "-T", "fields"]
    command += ["-e", "frame.number", "-e", "dtls.handshake.type"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    types: dict[int, list[int]] = {}
    for line in out.splitlines():
        number, kinds = line.split("\t")
        types[int(number)] = [int(kind) for kind in kinds.split(",")]
    assert types[steps["SS1-01"]] == [1]
    assert {2, 11, 13} <= set(types[steps["SS1-02"]])
    assert {11, 15, 16, 20} <= set(types[steps["SS1-03"]])
    assert 20 in types[steps["SS1-04"]]
    assert types[steps["SS1-01"] + 1] == [3]


def _kmf_port(kept: Path) -> int:
    with open_capture(kept / "trace.pcapng") as reader:
        return next(datagrams(reader)).dst.port


def test_two_participants_and_the_ladder_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["demo", "--participants", "2"]) == 0
    out = capsys.readouterr().out
    assert "Session Setup 2/2" in out
    assert "New User Joins" not in out
    assert "PASS  32 of 32 steps" in out
    assert "\033" not in out


def test_later_joiners_are_further_joins() -> None:
    done = subprocess.run([*PERC, "--participants", "4", "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    ids = [step["id"] for step in json.loads(done.stdout)["steps"]]
    assert ids[: len(STEPS)] == STEPS
    assert len(set(ids)) == len(ids) == 48 + 5 + 3 * 4 + 1 + 3
    assert "NUJ-06.D.C" in ids


def test_a_locale_that_knows_only_ascii(tmp_path: Path) -> None:
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [*PERC, "--participants", "2", "--keep", tmp_path]
    done = subprocess.run(command, capture_output=True, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "✓" in (tmp_path / "ladder.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_process_behind(tmp_path: Path, number: signal.Signals) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(PERC, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as demo:
        for line in demo.stderr:
            if b"A has joined" in line:
                break
        (folder,) = tmp_path.iterdir()
        children = _children_of(demo.pid)
        assert len(children) >= 3
        demo.send_signal(number)
        demo.communicate()
    assert demo.returncode == 130
    assert not folder.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def _children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in tasks for child in path.read_text().split()]


@pytest.mark.parametrize("count", ["1", "0", "13", "x", "-3"])
def test_numbers_that_make_no_conference(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", f"--participants={count}"]) == 2
    assert "is not a number from 2 to 12" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--keep", str(tmp_path / "file")]) == 2
    assert "is a file, not a folder; choose another name" in capsys.readouterr().err
