# SPDX-License-Identifier: GPL-2.0-only
"""`perc dissect`: lines for people, objects for programs, codes for the shell."""

import json
from pathlib import Path

import pytest

from perc_scapy.cli import main
from tests.capture.handmade import HandmadeConference, k, three_flows
from tests.capture.samples import pcap


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.fixture(scope="module")
def trace(talk: HandmadeConference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dissect") / "trace.pcapng"
    path.write_bytes(talk.pcapng())
    path.with_name("sealed.pcapng").write_bytes(talk.pcapng(secrets=False))
    path.with_name("keys").write_text("\n".join(talk.lines))
    return path


def perc(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["dissect", *map(str, arguments)])
    done = capsys.readouterr()
    return code, done.out, done.err


def test_one_line_a_packet(trace: Path, talk: HandmadeConference, capsys) -> None:
    code, out, err = perc(capsys, trace)
    lines = out.splitlines()
    assert (code, err, len(lines)) == (0, "", len(talk.trace))
    assert lines[0].split()[:2] == ["1", "0.000000"]
    assert "CLIENT_HELLO" in lines[0]
    assert any("[EKT_KEY]" in line for line in lines)
    assert "\033" not in out


def test_json_has_the_documented_fields(trace: Path, talk: HandmadeConference, capsys) -> None:
    code, out, _ = perc(capsys, trace, "--json")
    objects = [json.loads(line) for line in out.splitlines()]
    assert (code, len(objects)) == (0, len(talk.trace))
    assert objects[0].pop("schema") == 1
    fields = {"number", "time", "src", "dst", "protocols", "layers", "expert", "length"}
    assert all(set(found) - {"association", "key_id", "hop"} == fields for found in objects)
    assert objects[0]["src"] == str(talk.trace[0].src)
    assert abs(objects[0]["time"] - talk.trace[0].time) < 1e-6
    tunnel = [part for o in objects for part in o["layers"] if part["layer"] == "DTLSTunnelMessage"]
    assert len(tunnel) == 28
    assert all(part["decrypted"] for part in tunnel)


def test_keys_from_outside_and_without(trace: Path, capsys) -> None:
    sealed, keys = trace.with_name("sealed.pcapng"), trace.with_name("keys")
    with_keys = perc(capsys, sealed, "-k", keys, "--json")[1]
    assert with_keys == perc(capsys, trace, "--json")[1]
    without = perc(capsys, sealed, "--json")
    assert without[0] == 0
    assert '"decrypted"' not in without[1]


def test_key_octets_only_when_asked_for(trace: Path, talk: HandmadeConference, capsys) -> None:
    secret = bytes(k(1).key).hex()
    for options in (["--json"], ["-V"], []):
        assert secret not in perc(capsys, trace, *options)[1]
        assert secret not in perc(capsys, trace, "-V", *options)[1]
    assert secret in perc(capsys, trace, "--json", "--show-keys")[1]


def test_single_packets(trace: Path, capsys) -> None:
    out = perc(capsys, trace, "-n", "8", "-n", "17", "-V")[1]
    heads = [line.split()[0] for line in out.splitlines() if " → " in line]
    assert heads == ["8", "17"]
    assert "SRTPKeyInformation" in out


def test_a_packet_that_is_not_there(trace: Path, talk: HandmadeConference, capsys) -> None:
    code, out, err = perc(capsys, trace, "-n", "1", "-n", "999999")
    assert (code, out) == (2, "")
    assert err == f"perc dissect: no packet 999999; the capture has {len(talk.trace)}\n"


def test_a_file_that_is_no_key_log(trace: Path, tmp_path: Path, capsys) -> None:
    tone = tmp_path / "tone.wav"
    tone.write_bytes(b"RIFF\n\x00\x00CLIENT_RANDOM")
    code, out, err = perc(capsys, trace, "-k", tone)
    assert (code, out) == (2, "")
    assert (
        err == f"perc dissect: {tone}: no key in it: neither a line of a key log nor a key table\n"
    )


def test_what_stays_closed_is_counted_once(trace: Path, capsys) -> None:
    sealed, keys = trace.with_name("sealed.pcapng"), trace.with_name("keys")
    code, _, err = perc(capsys, sealed)
    assert code == 0
    assert err.splitlines()[1:] == ["perc dissect: no key log: 4 sessions stay closed"]
    count = int(err.removeprefix("perc dissect: ").split()[0])
    assert count > 100
    assert "-k" in err
    assert perc(capsys, sealed, "-k", keys)[2] == ""
    assert perc(capsys, sealed, "-n", "1")[2] == ""  # a ClientHello is not protected


def test_a_damaged_file_is_shown_up_to_the_damage(
    trace: Path, talk, tmp_path: Path, capsys
) -> None:
    damaged = tmp_path / "damaged.pcapng"
    damaged.write_bytes(trace.read_bytes()[:-50])
    code, out, err = perc(capsys, damaged)
    assert (code, len(out.splitlines())) == (1, len(talk.trace) - 1)
    assert f"damaged after packet {len(talk.trace) - 1}: " in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"", b"not a capture", b"\x0a\x0d\x0d\x0a\x00"])
def test_what_is_no_capture(content: bytes | None, tmp_path: Path, capsys) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    code, out, err = perc(capsys, path)
    assert out == ""
    assert len(err.splitlines()) == 1
    assert code == (1 if content and content[0] == 10 else 2)


def test_a_missing_key_log(trace: Path, tmp_path: Path, capsys) -> None:
    code, _, err = perc(capsys, trace, "-k", tmp_path / "absent")
    assert (code, "absent: No such file" in err) == (2, True)


@pytest.mark.parametrize("number", ["0", "x", "-1"])
def test_numbers_that_are_none(number: str, trace: Path, capsys) -> None:
    assert perc(capsys, trace, f"-n={number}")[0] == 2


def test_a_pcap_of_something_else(tmp_path: Path, capsys) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(">", 0xA1B2C3D4, 1000))
    code, out, _ = perc(capsys, path)
    assert code == 0
    assert len(out.splitlines()) == 3


def test_an_empty_capture(tmp_path: Path, capsys) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap("<", 0xA1B2C3D4, 1000)[:24])
    assert perc(capsys, path) == (0, "", "")
