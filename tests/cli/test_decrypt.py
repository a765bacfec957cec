# SPDX-License-Identifier: GPL-2.0-only
"""`perc decrypt`: a capture of SRTP in, one of RTP out that other tools read."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from perc_scapy.cli import main
from perc_scapy.pcap.packets import datagrams
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import CaptureReader, open_capture
from tests.capture.handmade import HandmadeConference, three_flows
from tests.capture.samples import pcapng_little
from tests.plain.talks import conference


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.fixture(scope="module")
def trace(talk: HandmadeConference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("decrypt") / "trace.pcapng"
    path.write_bytes(talk.pcapng())
    path.with_name("sealed.pcapng").write_bytes(talk.pcapng(secrets=False))
    path.with_name("keys").write_text("\n".join(talk.lines))
    return path


def perc(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["decrypt", *map(str, arguments)])
    done = capsys.readouterr()
    return code, done.out, done.err


def test_every_packet_of_the_conference_in_clear(trace: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "plain.pcapng"
    code, text, err = perc(capsys, trace, "-o", out)
    assert (code, err) == (0, "")
    assert out.stat().st_mode & 0o777 == 0o600
    with open_capture(out) as reader:
        found = list(datagrams(reader))
    rtp = [d for d in found if not 192 <= d.data[1] <= 223]
    assert text.startswith(f"{out}: {len(rtp)} RTP and {len(found) - len(rtp)} RTCP packets\n")
    assert len(rtp) > 50


def test_keys_from_a_file_and_numbers_for_programs(trace: Path, tmp_path: Path, capsys) -> None:
    sealed, keys = trace.with_name("sealed.pcapng"), trace.with_name("keys")
    first, second = tmp_path / "1.pcapng", tmp_path / "2.pcapng"
    code, text, _ = perc(capsys, sealed, "-k", keys, "-o", first, "--json")
    found = json.loads(text)
    assert (code, found["schema"], found["layer"]) == (0, 1, "both")
    perc(capsys, trace, "-o", second)
    assert first.read_bytes() == second.read_bytes()
    with open_capture(first) as reader:
        assert found["rtp"] + found["rtcp"] == len(list(reader))


def test_without_keys_nothing_is_written(trace: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    out = tmp_path / "none.pcapng"
    code, text, err = perc(capsys, trace.with_name("sealed.pcapng"), "-o", out)
    assert (code, text, len(err.splitlines())) == (4, "", 1)
    assert "nothing opened" in err
    assert "-k FILE" in err
    assert list(tmp_path.iterdir()) == []


def test_a_capture_without_media(tmp_path: Path, capsys) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(pcapng_little())
    code, _, err = perc(capsys, path, "-o", tmp_path / "y")
    assert (code, err) == (4, f"perc decrypt: {path}: no SRTP or SRTCP packet in it\n")


def test_a_damaged_capture_is_written_up_to_the_damage(trace: Path, tmp_path: Path, capsys) -> None:
    damaged = tmp_path / "d.pcapng"
    damaged.write_bytes(trace.read_bytes()[:-50])
    code, text, err = perc(capsys, damaged, "-o", tmp_path / "o.pcapng")
    assert code == 1
    assert "RTP" in text
    assert "damaged after packet" in err


def test_standard_input_and_output(trace: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "perc_scapy.cli", "decrypt", "-", "-o", "-"]
    data = trace.read_bytes()
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    assert b"RTP" in done.stderr
    assert len(list(CaptureReader(io.BytesIO(done.stdout)))) > 50


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speech") / "speech.pcapng"
    path.write_bytes(conference("a", "b").pcapng())
    return path


def test_media_files_and_a_capture_in_one_go(speech: Path, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "media"
    code, text, err = perc(capsys, speech, "-o", tmp_path / "o.pcapng", "--media", folder)
    assert (code, err) == (0, "")
    names = sorted(path.name for path in folder.iterdir())
    assert [name[0] + name[-4:] for name in names] == ["A.wav", "B.wav"]
    assert text.splitlines()[1:] == [f"{folder / n}: PCMU, 0.2 s, 12 packets" for n in names]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_media_files_alone_and_of_every_hop(speech: Path, tmp_path: Path, capsys) -> None:
    code, text, _ = perc(capsys, speech, "--media", tmp_path, "--every-hop", "--json")
    head, *files = map(json.loads, text.splitlines())
    assert (code, head["output"], head["rtp"]) == (0, None, 48)
    assert {(f["sender"], f["receiver"], f["codec"]) for f in files} == {
        ("A", "", "PCMU"), ("A", "B", "PCMU"), ("B", "", "PCMU"), ("B", "A", "PCMU"),
    }  # fmt: skip
    assert sorted(f["path"] for f in files) == sorted(str(path) for path in tmp_path.iterdir())
    assert {f["seconds"] for f in files} == {0.24}


def test_a_payload_type_that_the_user_names(speech: Path, tmp_path: Path, capsys) -> None:
    text = perc(capsys, speech, "--media", tmp_path, "--payload", "0=PCMA")[1]
    assert text.count(": PCMA, 0.2 s, 12 packets") == 2
    assert perc(capsys, speech, "--media", tmp_path, "--payload", "0=AV1")[0] == 2
    code, text, _ = perc(capsys, speech, "--media", tmp_path, "--payload", "0=VP8")
    assert code == 0
    assert "no whole frame of VP8 (12 packets)" in text


def test_without_keys_no_media_files_are_left(
    trace: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    sealed = trace.with_name("sealed.pcapng")
    assert perc(capsys, sealed, "--media", tmp_path)[0] == 4
    assert list(tmp_path.iterdir()) == []


def test_the_tunnels_secret_alone(
    talk: HandmadeConference, trace: Path, tmp_path: Path, capsys
) -> None:
    """Reports open, speech does not: nothing is written, and the way to see what the MDD sees is named."""
    keys, out = tmp_path / "tunnel", tmp_path / "o.pcapng"
    keys.write_text(talk.lines[0])
    sealed = trace.with_name("sealed.pcapng")
    code, _, err = perc(capsys, sealed, "-k", keys, "-o", out)
    assert (code, out.exists()) == (4, False)
    assert "only the hop-by-hop layer opens" in err
    assert "--layer outer" in err
    code, text, _ = perc(capsys, sealed, "-k", keys, "-o", out, "--layer", "outer")
    assert code == 0
    assert "this is what the MDD sees" in text


def test_usage(trace: Path, tmp_path: Path, capsys) -> None:
    assert perc(capsys, trace)[0] == 2
    before = trace.read_bytes()
    code, _, err = perc(capsys, trace, "-o", trace)
    assert (code, "is the capture itself" in err, trace.read_bytes() == before) == (2, True, True)
    assert perc(capsys, tmp_path / "absent", "-o", tmp_path / "x")[0] == 2
    assert perc(capsys, trace, "-o", tmp_path / "no" / "x")[0] == 2


def test_progress_is_for_terminals(trace: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    from perc_scapy.cli import decrypt

    monkeypatch.setattr(decrypt, "EVERY", 50)
    assert perc(capsys, trace, "-o", tmp_path / "x")[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert "50 packets, " in perc(capsys, trace, "-o", tmp_path / "x")[2]


def test_nothing_is_left_of_an_interrupted_run(trace: Path, tmp_path: Path, monkeypatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PcapngWriter, "packet", interrupted)
    assert main(["decrypt", str(trace), "-o", str(tmp_path / "x")]) == 130
    assert list(tmp_path.iterdir()) == []
