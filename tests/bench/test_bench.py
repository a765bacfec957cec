# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks' arithmetic, and that each of them does the work it claims; no speed is asserted here."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pylibsrtp import Policy

from bench import __main__ as command
from bench import (
    columns,
    decode,
    decrypt,
    floor,
    hop,
    joins,
    machine,
    memory,
    ours,
    races,
    recording,
    trees,
)
from bench.measure import Row, Work, compare, cpu_seconds, table
from perc_scapy.capture.keyring import Keyring
from perc_scapy.cli import main
from perc_scapy.dtls import Identity
from perc_scapy.errors import PercError
from perc_scapy.pcap.reader import open_capture
from perc_scapy.tables.frames import to_arrow
from perc_scapy.tables.schema import arrow_schema
from perc_scapy.wire import peel_ohb


def test_rounds_take_turns_and_are_prepared_outside_the_clock() -> None:
    calls: list[str] = []

    def side(name: str) -> Work:
        calls.append("prepare " + name)
        return lambda: calls.append(name)

    row = compare("x", lambda: side("a"), lambda: side("b"), operations=10, rounds=3)
    assert calls[4:] == ["prepare a", "a", "prepare b", "b"] * 3  # behind one warm-up of each
    assert row.spread[0] <= row.ratio <= row.spread[1]


@pytest.mark.parametrize(("ratio", "word"), [(2.0, "met"), (0.5, "MISSED")])
def test_the_table_says_whether_a_goal_is_met(ratio: float, word: str) -> None:
    text = table([Row("x", 1.0, 1.0, ratio, (ratio, ratio), 1.0)])
    assert word in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_cpu_seconds_counts_work() -> None:
    assert cpu_seconds(lambda: sum(range(200_000))) > 0


def test_versions_are_named_and_the_machine_is_not() -> None:
    text = "\n".join(machine.lines())
    assert "cryptography " in text
    assert "OpenSSL " in text
    assert os.uname().nodename not in text
    assert machine.version("no-such-distribution") == "no no-such-distribution"


def test_an_unknown_table_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "kind"), [(decode.EMPTY, 0), (decode.KEYS, 2)], ids=["Empty", "SRTPKeyInformation"]
)
def test_the_messages_of_the_decode_benchmark_are_valid(data: bytes, kind: int) -> None:
    from perc_scapy.layers import DTLSTunnelMessage
    from perc_scapy.layers.compile import decode as strict

    assert strict(DTLSTunnelMessage, data).type == kind
    packet = DTLSTunnelMessage(data)
    assert not packet.faults()
    assert type(packet.dtls_message).__name__ == "DTLS"


def test_the_hop_benchmark_relays_with_an_ohb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hop, "PACKETS", 3)
    monkeypatch.setattr(hop, "RECEIVERS", 2)
    assert [row.name for row in hop.rows()][:2] == ["MDD hop, 160 octets", "MDD hop, 1200 octets"]
    forwarder, leg = hop.conference()
    sent = [forwarder.forward(wire + b"\0", leg, 0.0) for wire in hop.wires(160)]
    assert [len(copies) for copies in sent] == [2, 2, 2, 2]
    assert not forwarder._counters
    session = hop.session(bytes([129] * 16), hop.OUT_SALT, Policy.SSRC_ANY_INBOUND)
    for copies in sent:
        plain = session.unprotect(copies[0][0][:-1])  # the short EKT field comes off first
        assert plain[1] == hop.NEW_PT
        assert peel_ohb(plain)[1].pt == 0


def test_the_join_benchmark_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "JOINS", 2)
    joins.ours()()
    joins.stock()()


def test_a_join_that_does_not_complete_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "JOINS", 1)
    work = joins.ours()
    monkeypatch.setattr(joins, "PROFILE", 0x000A)  # what the MDD lists then is not the conference's
    with pytest.raises(PercError):
        work()


def test_stock_openssl_runs_the_same_handshake_as_we_do() -> None:
    from OpenSSL import SSL

    from perc_scapy.codes import CipherSuite
    from perc_scapy.dtls.config import DEFAULT_SUITES

    ours, theirs, other = (Identity.generate(name) for name in ("server", "client", "other"))
    contexts = joins.context(ours, theirs), joins.context(theirs, ours)
    server, client = (SSL.Connection(context, None) for context in contexts)
    joins.handshake(server, client)
    assert server.get_cipher_name() == client.get_cipher_name() == "ECDHE-ECDSA-AES256-GCM-SHA384"
    assert DEFAULT_SUITES[0] is CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    assert server.get_protocol_version_name() == "DTLSv1.2"
    assert server.get_group_name() == "x25519"
    assert None not in (server.get_peer_certificate(), client.get_peer_certificate())
    with pytest.raises(SSL.Error):
        joins.handshake(
            SSL.Connection(contexts[0], None), SSL.Connection(joins.context(other, ours), None)
        )


def test_the_limits_are_taken_with_real_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for name in ("sign", "X25519Share", "public_key_of", "Prf", "AESGCM"):
        monkeypatch.setattr(floor, name, counted(getattr(floor, name), name, made))
    monkeypatch.setattr(floor, "JOINS", 1)
    floor.join_calls()()
    assert {name: made.count(name) for name in set(made)} == {
        "sign": 2,
        "public_key_of": 2,
        "X25519Share": 2,
        "Prf": 4,
        "AESGCM": 4,
    }


def counted(call: Any, name: str, made: list[str]) -> Any:
    """The same call, noted."""

    @functools.wraps(call, updated=())
    def noted(*args: Any) -> Any:
        made.append(name)
        return call(*args)

    noted.cache_clear = getattr(call, "cache_clear", None)  # type: ignore[attr-defined]
    return noted


def test_how_many_packets_may_be_chosen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[int] = []
    for module in (columns, decrypt):
        monkeypatch.setattr(module, "rows", functools.partial(_note, module, seen))
    assert command.main(["--packets", "77", "columns", "decrypt"]) == 0
    assert seen == [77, 77]
    assert command.main(["--packets", "many", "columns"]) == 2
    assert command.main(["--packets"]) == 2
    capsys.readouterr()


def _note(module: Any, seen: list[int]) -> list[Row]:
    seen.append(module.PACKETS)
    return []


def test_the_recording_is_what_it_says(tmp_path: Path) -> None:
    found = recording.record(tmp_path, 400, 160)
    assert found.packets == 400
    with open_capture(found.capture) as reader:
        frames = list(reader)
    assert len(frames) == 400
    rows = to_arrow(found.capture, Keyring.of([found.keylog])).to_pylist()
    media = [row for row in rows if row["kind"] == "rtp"]
    assert len(media) > 300
    assert all(row["opened"] and row["plain_length"] == 160 for row in media)
    full = sum(row["ekt_type"] == 2 for row in media)
    assert 0 < full < len(media) / 20
    assert len({(row["src"], row["dst"]) for row in media}) == 4


def test_what_is_measured_does_its_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = recording.record(tmp_path, 300, 160)
    paths = str(found.capture), str(found.keylog)
    opened = ours.decrypt(*paths)
    assert ours.columns(paths[0]) == 300 > opened == ours.stream(*paths) > 200
    assert ours.main(["decrypt", *paths]) == 0
    assert ours.export(str(tmp_path), str(tmp_path / "out")) == 0
    (tmp_path / "empty.keylog").write_text("")
    assert ours.main(["columns", str(found.capture)]) == 0
    assert "300" in capsys.readouterr().out
    assert set(ours.COLUMNS) <= set(arrow_schema("packets").names)
    assert len(ours.COLUMNS) == len(races.FIELDS) == 10


def test_a_race_counts_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [sys.executable, "-c", "sum(range(3_000_000))"]
    idle = [sys.executable, "-c", "import time; time.sleep(0.2)"]
    row = races.race("x", idle, busy, 10, 1.0, rounds=1)
    assert row.ratio > 1  # sleeping costs nothing
    with pytest.raises(RuntimeError, match="failed"):
        races.cpu_seconds([sys.executable, "-c", "raise SystemExit(3)"])
    monkeypatch.setenv("PATH", "")
    assert not races.has_tshark()


@pytest.mark.tool("tshark")
def test_against_tshark(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    monkeypatch.setattr(columns, "PACKETS", 300)
    monkeypatch.setattr(columns, "ROUNDS", 1)
    assert columns.one(160).ratio > 0
    capture = races.recording(300, 160).capture
    shown = subprocess.run(
        races.tshark_fields(capture), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    seen = [line.split("\t") for line in shown]
    mine = to_arrow(capture, columns=list(ours.COLUMNS)).to_pylist()
    for theirs, row in zip(seen, mine, strict=True):
        assert theirs[0] == str(row["number"])
        assert theirs[2:6] == [str(row[n]) for n in ("src", "dst", "src_port", "dst_port")]
        assert int(theirs[6]) == row["data_length"] + 8
        if row["sequence"] is not None:
            assert [int(theirs[7], 16), int(theirs[8]), int(theirs[9])] == [
                row["ssrc"], row["sequence"], row["payload_type"]
            ]  # fmt: skip


def test_races_name_programs_that_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Any, ...]] = []
    for module in (decrypt, trees):
        monkeypatch.setattr(module, "PACKETS", 300)
        monkeypatch.setattr(module, "race", lambda *given: asked.append(given))
        monkeypatch.setattr(module, "has_tshark", lambda: True)
    decrypt.rows(), trees.rows()
    assert len({name for name, *_ in asked}) == 6
    perc = asked[-1][1]
    assert main(perc[perc.index("perc_scapy") + 1 :]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 300
    work = asked[0][1]
    assert ours.main(work[work.index("bench.ours") + 1 :]) == 0


def test_memory_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "SMALL", 200)
    monkeypatch.setattr(memory, "PACKETS", 400)
    (row,) = [memory.one("stream")]
    assert 0.5 < row.ratio < 2
    assert "400 packets, at most" in capsys.readouterr().err
