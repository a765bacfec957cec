# SPDX-License-Identifier: GPL-2.0-only
"""`perc check`: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import threading
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from perc_scapy.cli import check, main
from perc_scapy.conform.forms.sarif import LEVELS
from tests.capture.handmade import k
from tests.conform.stage import Stage, three


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two golden-style folders and a bare capture without keys."""
    root = tmp_path_factory.mktemp("captures")
    for name, talk in (("good", three()), ("bad", quiet())):
        (root / name).mkdir()
        (root / name / "trace.pcapng").write_bytes(talk.pcapng(secrets=False))
        (root / name / "secrets.keylog").write_bytes(talk.keylog().to_text())
    (root / "closed").mkdir()
    (root / "closed" / "call.pcapng").write_bytes(three().pcapng(secrets=False))
    return root


def quiet() -> Stage:
    """A conference whose KMF never tells any keys."""
    talk = Stage()
    talk.suppress_keys = True
    talk.join("A", k(1))
    return talk


def test_a_good_capture_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder / "good")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("PASS  good: ")
    assert " 0 fail" in out


def test_a_bad_one_fails_with_packet_clause_expected_and_seen(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder / "bad")]) == 1
    out = capsys.readouterr().out
    assert "T00-KMF-10  implied  packet " in out
    assert "draft-jones-perc-dtls-tunnel-00, section 5.3" in out
    assert "expected  the message with the KMF's Finished is SRTPKeyInformation" in out
    assert "seen      Finished with type 0" in out


def test_without_keys_nothing_can_be_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder / "closed")]) == 4
    got = capsys.readouterr()
    assert "UNDECIDED" in got.out
    assert "the tunnel's secrets" in got.err


@pytest.fixture
def plain_rtp(folder: Path, tmp_path: Path) -> Path:
    """The conference without any encryption: RTP, and nothing else."""
    keys, out = folder / "good" / "secrets.keylog", tmp_path / "rtp" / "plain.pcapng"
    out.parent.mkdir()
    trace = folder / "good" / "trace.pcapng"
    assert main(["decrypt", str(trace), "-k", str(keys), "-o", str(out)]) == 0
    return out


def test_rtp_without_any_handshake_lacks_no_keys(
    plain_rtp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(plain_rtp), "-v"]) == 4
    got = capsys.readouterr()
    assert "UNDECIDED" in got.out
    for text in (got.out, got.err):
        assert "no DTLS handshake for these addresses: plain RTP, or SRTP whose keys" in text
        assert "not given" not in text
    assert "needs hop-by-hop keys" not in got.out


def test_rtp_beside_what_was_judged_leaves_the_exit_code_alone(
    folder: Path, plain_rtp: Path
) -> None:
    assert main(["check", str(plain_rtp), str(folder / "good")]) == 0
    assert main(["check", str(plain_rtp), str(folder / "closed")]) == 4
    assert main(["check", str(plain_rtp), str(folder / "bad")]) == 1
    assert main(["check", str(plain_rtp.parent)]) == 4


def test_a_pipe_is_read_and_a_device_is_no_capture(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, pipe = folder / "good" / "secrets.keylog", tmp_path / "pipe"
    os.mkfifo(pipe)
    data = (folder / "good" / "trace.pcapng").read_bytes()
    writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()
    assert main(["check", str(pipe), "-k", str(keys)]) == 0
    writer.join(10)
    assert capsys.readouterr().out.startswith(f"PASS  {pipe}: ")
    assert main(["check", "/dev/null"]) == 2
    assert capsys.readouterr().err == "perc check: /dev/null: not a pcap or pcapng file\n"
    assert main(["check", str(pipe), "--expect"]) == 2
    assert "--expect needs a file" in capsys.readouterr().err


def test_keys_may_be_given(folder: Path) -> None:
    keys = folder / "good" / "secrets.keylog"
    assert main(["check", str(folder / "closed" / "call.pcapng"), "-k", str(keys)]) == 0


def test_a_folder_is_judged_whole_and_a_failure_outweighs_what_stays_open(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder)]) == 1
    out = capsys.readouterr().out
    assert [line.split(":")[0] for line in out.splitlines() if line[:1] in "PFU"] == [
        "FAIL  bad", "UNDECIDED  closed/call.pcapng", "PASS  good",
    ]  # fmt: skip
    assert "3 captures, 1 with failures: " in out.splitlines()[-1]


def test_verbose_names_what_passed_and_why_something_was_not_exercised(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", str(folder / "good"), "-v"])
    out = capsys.readouterr().out
    assert "  pass  T00-MDD-07  " in out
    assert "  not exercised  R9185-MD-01  the capture shows no RFC 9185 tunnels" in out


@pytest.mark.parametrize("option", [["--format", "json"], ["--json"]])
def test_json_has_the_documented_form(
    option: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder / "bad"), *option]) == 1
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"schema", "results"}
    assert found["schema"] == 1
    for result in found["results"]:
        assert {"id", "result", "level", "packet", "clause", "expected"} <= set(result)
        assert result["result"] in ("pass", "fail", "not exercised")
        assert result["level"] in LEVELS
        assert result["capture"] == "bad"


def test_junit_goes_into_a_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.xml"
    assert main(["check", str(folder), "--format", "junit", "-o", str(out)]) == 1
    suites = ElementTree.parse(out).getroot()
    assert [s.get("name") for s in suites] == ["bad", "closed/call.pcapng", "good"]


def test_sarif_names_files_and_packets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(folder / "bad"), "--format", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    place = run["results"][0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"].endswith("bad/trace.pcapng")


def test_only_some_ids(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder / "bad"), "--only", "EKT-*", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    assert {r["id"].split("-")[0] for r in found} == {"EKT"}
    assert main(["check", str(folder / "bad"), "--only", "NO-99"]) == 2


def test_fail_on_should_is_stricter(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from perc_scapy.conform.model import FAIL, Report, Result

    result = Result("X-1", FAIL, "SHOULD", 1, "somewhere", "something")
    report = Report((result,))
    assert check.exit_code([report], "must") == 0
    assert check.exit_code([report], "should") == 1


BASELINE = """
[[waiver]]
id = "{id}"
capture = "bad"
reason = "vendor X sends keys apart, ticket 4711"
expires = 2030-01-31
"""


def test_a_baseline_waives_with_reason_until_its_day(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    baseline = tmp_path / "known.toml"
    baseline.write_text(BASELINE.format(id="*"))
    command = ["check", str(folder / "bad"), "--baseline", str(baseline)]
    monkeypatch.setattr(check, "today", lambda: date(2030, 1, 31))
    assert main(command) == 0
    assert "waived    vendor X sends keys apart, ticket 4711" in capsys.readouterr().out
    monkeypatch.setattr(check, "today", lambda: date(2030, 2, 1))
    assert main(command) == 1
    out = capsys.readouterr().out
    assert "[waiver expired 2030-01-31: vendor X sends keys apart, ticket 4711]" in out


def test_a_waiver_that_nothing_needs_is_reported(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "known.toml"
    baseline.write_text(BASELINE.format(id="EKT-21"))
    assert main(["check", str(folder / "good"), "--baseline", str(baseline)]) == 0
    assert "waiver without a failure: EKT-21 in bad, until 2030-01-31" in capsys.readouterr().err


def test_update_baseline_writes_what_then_waives(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "known.toml"
    command = ["check", str(folder / "bad"), "--baseline", str(baseline)]
    assert main([*command, "--update-baseline"]) == 2
    extra = ["--reason", 'a "known" one', "--expires", "2099-12-31"]
    assert main([*command, "--update-baseline", *extra]) == 0
    assert main(command) == 0
    before = baseline.read_text()
    assert main([*command, "--update-baseline", *extra]) == 0
    assert baseline.read_text() == before


def test_explain_and_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "t00-kmf-11"]) == 0
    out = capsys.readouterr().out
    for word in ("source", "level", "expected", "judged", "broken by"):
        assert f"\n{word}" in out
    assert main(["check", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 80
    assert main(["check", "--explain", "EKT-99"]) == 2
    assert "did you mean EKT-" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "which capture?"),
        (["nowhere.pcapng"], "no such file"),
        (["."], "no capture in it"),
    ],
)
def test_usage_errors_are_one_line(
    arguments: list[str],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    err = capsys.readouterr().err
    assert what in err
    assert err.count("\n") == 1


def test_a_damaged_file_is_judged_up_to_the_damage(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (folder / "good" / "trace.pcapng").read_bytes()
    (tmp_path / "cut.pcapng").write_bytes(data[: len(data) // 2 | 1])
    keys = folder / "good" / "secrets.keylog"
    assert main(["check", str(tmp_path / "cut.pcapng"), "-k", str(keys)]) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_rule_that_breaks_down_is_told_and_is_no_failure_of_the_capture(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from perc_scapy.conform.subject import Subject

    def broken(self: Subject) -> object:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(Subject, "people", property(broken))
    assert main(["check", str(folder / "good")]) == 3
    assert "broke down: ZeroDivisionError: by hand" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[[ekt]\n", "no key"])
@pytest.mark.parametrize("name", ["other.keylog", "keys.toml"])
def test_a_broken_key_file_beside_a_capture_is_told_and_it_is_judged(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = three()
    (tmp_path / "trace.pcapng").write_bytes(talk.pcapng(secrets=False))
    (tmp_path / "secrets.keylog").write_bytes(talk.keylog().to_text())
    (tmp_path / name).write_text(text)
    assert main(["check", str(tmp_path)]) == 0
    got = capsys.readouterr()
    assert got.out.startswith("PASS  ")
    assert f"perc check: key file not used: {tmp_path / name}: " in got.err


@pytest.mark.parametrize("form", ["json", "junit", "sarif"])
def test_a_hostile_file_name_leaves_every_document_valid(
    form: str, folder: Path, tmp_path: Path
) -> None:
    evil = tmp_path / "e\x1b[31m\u202evil\n\x9b.pcapng"
    evil.write_bytes((folder / "bad" / "trace.pcapng").read_bytes())
    out = tmp_path / "out"
    keys = folder / "bad" / "secrets.keylog"
    assert main(["check", str(evil), "-k", str(keys), "--format", form, "-o", str(out)]) == 1
    text = out.read_text("utf-8")
    assert "\x1b" not in text
    if form == "json":  # data: programs get the name as it is
        assert {row["capture"] for row in json.loads(text)["results"]} == {evil.name}
        return
    assert not [c for c in text if not c.isprintable() and c != "\n"]
    if form == "junit":
        names = [suite.get("name") for suite in ElementTree.fromstring(text)]
        assert names == ["e\ufffd[31m\ufffdvil\n\ufffd.pcapng"]
    else:
        place = json.loads(text)["runs"][0]["results"][0]["locations"][0]
        assert place["physicalLocation"]["artifactLocation"]["uri"].endswith(
            "/e%1B%5B31m%E2%80%AEvil%0A%C2%9B.pcapng"
        )
