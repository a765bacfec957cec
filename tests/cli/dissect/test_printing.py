# SPDX-License-Identifier: GPL-2.0-only
"""The forms of `perc dissect`: every one shows the same packets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perc_scapy.cli import main
from perc_scapy.workbench import Capture
from tests.capture.handmade import HandmadeConference, k, three_flows
from tests.conform.stage import conference


@pytest.fixture(scope="module")
def talk() -> HandmadeConference:
    return three_flows()


@pytest.fixture(scope="module")
def trace(talk: HandmadeConference, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("printing") / "trace.pcapng"
    path.write_bytes(talk.pcapng())
    return path


def perc(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["dissect", *map(str, arguments)])
    done = capsys.readouterr()
    return code, done.out, done.err


def test_columns(trace: Path, capsys) -> None:
    chosen = (
        "-Y",
        "tunnel.type == 2",
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "perc.association",
    )
    code, out, _ = perc(capsys, trace, *chosen, "-E", "header=y", "-E", "separator=,")
    assert (code, out.splitlines()) == (
        0,
        ["frame.number,perc.association", "17,A", "33,B", "65,C"],
    )


def test_a_filter_in_every_form(trace: Path, capsys) -> None:
    chosen = ("-Y", "tunnel.type == 2 and not expert.warning")
    assert len(perc(capsys, trace, *chosen)[1].splitlines()) == 3
    objects = [
        json.loads(line) for line in perc(capsys, trace, *chosen, "-T", "json")[1].splitlines()
    ]
    assert [o["number"] for o in objects] == [17, 33, 65]
    assert objects[0]["schema"] == 1
    assert "schema" not in objects[1]
    bulk = [json.loads(line) for line in perc(capsys, trace, *chosen, "-T", "ek")[1].splitlines()]
    assert ["index" in line for line in bulk] == [True, False] * 3


def test_a_wrong_filter_is_pointed_at(trace: Path, capsys) -> None:
    code, out, err = perc(capsys, trace, "-Y", "rtp.ssrc == 1 and tunnel.typ == 2")
    assert (code, out) == (2, "")
    problem, shown, marks = err.splitlines()
    assert problem.startswith("perc dissect: -Y: no field 'tunnel.typ'; did you mean tunnel.type")
    assert shown[marks.index("^") : marks.rindex("^") + 1] == "tunnel.typ"


def test_trees_have_ranges_and_hex_has_all_parts(trace: Path, capsys) -> None:
    out = perc(capsys, trace, "-n", "17", "-v", "-x")[1]
    assert "    DTLS (octets 28..242 of the frame)" in out
    assert "type = 2 (SRTP_KEY_INFORMATION)" in out
    assert "    DTLSTunnelMessage (178 octets, decrypted):" in out
    (found,) = perc(capsys, trace, "-n", "17", "-T", "json", "-v")[1].splitlines()
    assert json.loads(found)["layers"][1]["ranges"]["type"] == [34, 1]


def test_ranges_of_packets(trace: Path, capsys) -> None:
    out = perc(capsys, trace, "-n", "3-5", "-n", "9")[1]
    assert [int(line.split()[0]) for line in out.splitlines()] == [3, 4, 5, 9]


def test_decode_as(trace: Path, capsys) -> None:
    out = perc(
        capsys,
        trace,
        "-n",
        "1",
        "-d",
        "udp.port==4433,rtcp",
        "-T",
        "fields",
        "-e",
        "frame.protocols",
    )[1]
    assert out == "ip:udp:rtcp\n"
    code, _, err = perc(capsys, trace, "-d", "udp.port==4433,rtcpp")
    assert (
        code,
        err.startswith("perc dissect: -d: nothing is called 'rtcpp'; did you mean rtcp"),
    ) == (2, True)


def test_follow(trace: Path, capsys) -> None:
    code, out, _ = perc(capsys, trace, "--follow", "C")
    assert code == 0
    assert out.startswith("C: 127.0.0.1:40002")
    objects = perc(capsys, trace, "--follow", "C", "--json")[1].splitlines()
    assert {json.loads(line).get("association") for line in objects} == {"C"}
    assert perc(capsys, trace, "--follow", "X")[2] == (
        "perc dissect: --follow: no association 'X'; there are A, B, C\n"
    )


def test_no_key_octets_in_any_form(trace: Path, talk: HandmadeConference, capsys) -> None:
    secrets = {bytes(k(n).key).hex() for n in (1, 2)} | {bytes(k(1).salt).hex()}
    secrets |= {bytes(p.keys.client.outer().key).hex() for p in talk.people.values()}
    forms: list[list[str]] = [["-v"], ["-x"], ["-v", "-x"], ["-T", "json"], ["-T", "json", "-v"], ["-T", "ek"],
                              ["--follow", "A"], ["--stats"], ["--expert"], ["--ladder"],
                              ["-T", "fields", "-e", "dtls.ekt_key.ekt_key_value"]]  # fmt: skip
    for form in forms:
        text = perc(capsys, trace, *form)[1]
        assert not [s for s in secrets if s in text or s in text.replace(" ", "")], form
    for form in (["-T", "json", "-v"], ["-T", "ek"]):
        assert bytes(k(1).key).hex() in perc(capsys, trace, *form, "--show-keys")[1]


@pytest.mark.parametrize(
    ("options", "problem"),
    [(["-T", "fields"], "belong together"), (["-e", "rtp.ssrc"], "belong together"), (["-o", "x.svg"], "-o is for"),
     (["-T", "fields", "-e", "x.y"], "no field"), (["-E", "x", "-T", "fields", "-e", "rtp.ssrc"], "-E: ")],
)  # fmt: skip
def test_options_that_do_not_fit(options: list[str], problem: str, trace: Path, capsys) -> None:
    code, out, err = perc(capsys, trace, *options)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert problem in err


HOSTILE = b"a\x1b[2J\x1b]0;x\x07" + "\u202e<script>&\n\x9b1m".encode()
NEVER = "\x1b\x07\u202e\x9b"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sealed SRTCP whose CNAME would clear a terminal, name its window and turn text around."""
    talk = conference("AB", 2)
    ssrc = talk.ssrc("A").to_bytes(4, "big")
    chunk = ssrc + bytes((1, len(HOSTILE))) + HOSTILE + b"\0"
    chunk += bytes(-len(chunk) % 4)
    sdes = b"\x81\xca" + (len(chunk) // 4).to_bytes(2, "big") + chunk
    talk.rtcp("A", b"\x80\xc9\0\1" + ssrc + sdes)
    path = tmp_path_factory.mktemp("hostile") / "trace.pcapng"
    path.write_bytes(talk.pcapng())
    return path


FORMS = [
    (),
    ("-v",),
    ("-x",),
    ("-T", "json"),
    ("-T", "ek"),
    ("--stats",),
    ("--ladder",),
    ("--expert",),
]


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_hostile_cname_reaches_no_terminal_raw(
    form: tuple[str, ...], hostile: Path, capsys
) -> None:
    _, out, err = perc(capsys, hostile, *form)
    assert out
    assert not [c for c in NEVER if c in out + err]
    if form == ("-v",):
        assert "type = 1 (CNAME)" in out  # it was opened
    if form[:1] == ("-T",):
        assert [json.loads(line) for line in out.splitlines()]


def test_a_hostile_cname_in_html(hostile: Path) -> None:
    capture = Capture(hostile)
    pages = "".join(packet._repr_html_() for packet in capture.packets) + capture._repr_html_()
    assert "RTCPSDESItem" in pages
    assert "<script>" not in pages
    assert not [c for c in NEVER if c in pages]
