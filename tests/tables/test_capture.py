# SPDX-License-Identifier: GPL-2.0-only
"""Tables of one capture with keys: equal to the analysis that holds everything in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from perc_scapy.capture.keyring import Keyring
from perc_scapy.errors import ConfigError, LocalError
from perc_scapy.pcap.reader import open_capture
from perc_scapy.tables import capture as module
from perc_scapy.tables.capture import CaptureTables, table_of
from perc_scapy.tables.schema import TABLES
from tests.capture.handmade import HandmadeConference, k, three_flows
from tests.pcap import many
from tests.tables.reference import media_rows

GOLDEN = sorted(p.parent for p in (many.ROOT / "captures").glob("*/trace.pcap*"))
NAMES = [c.name for c in TABLES["packets"]]
KEYED = NAMES[NAMES.index("association") : NAMES.index("tunnel_type")]


def written(path: Path, talk: HandmadeConference, *, secrets: bool = True) -> Path:
    path.write_bytes(talk.pcapng(secrets=secrets))
    return path


def keys_of(folder: Path) -> Keyring:
    return Keyring.of(p for p in folder.iterdir() if p.name.startswith(("secrets", "keys")))


def check(path: Path, keys: Keyring) -> list[dict[str, Any]]:
    tables = CaptureTables(path, keys)
    seen = tables.table("packets", ["number", *KEYED]).to_pylist()
    expected = media_rows(path, keys)
    nothing = dict.fromkeys(KEYED)
    assert seen == [{"number": r["number"]} | nothing | expected.get(r["number"], {}) for r in seen]
    return seen


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_golden_captures_open_as_in_memory(folder: Path) -> None:
    (trace,) = folder.glob("trace.pcap*")
    rows = check(trace, keys_of(folder))
    assert rows


def test_a_conference_with_late_keys(tmp_path: Path) -> None:
    rows = check(written(tmp_path / "a.pcapng", three_flows()), Keyring())
    assert any(r["late"] for r in rows)
    assert any(r["opened"] and r["ekt_type"] == 0 for r in rows)
    assert {r["association"] for r in rows} == {"A", "B", "C", None}


def long_talk() -> HandmadeConference:
    """Enough packets in order for the fast way, with losses, repeats, reports and a new key in between."""
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(120):
        for name in "AB":
            talk.say(name, b"%d" % n * 30)
        if n == 60:
            talk.people["A"].sender.ekt.rekey(talk.now)
        if n % 40 == 7:
            talk.report("A")
    trace = talk.trace
    media = [d for d in trace if d.data[0] == 0x80]
    for place, datagram in ((150, media[20]), (180, media[-1]), (210, media[100])):
        trace.insert(place, datagram)
    del trace[130:134]
    wrong = trace[200]
    trace[200] = type(wrong)(
        wrong.number, wrong.time, wrong.src, wrong.dst, wrong.data[:-9] + bytes(8) + b"\0"
    )
    return talk


@pytest.mark.parametrize("read", [700, 5000, 1 << 21])
def test_whatever_is_read_at_once(
    read: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.small_reads(monkeypatch, read)
    rows = check(written(tmp_path / "a.pcapng", long_talk()), Keyring())
    assert {r["repeat"] for r in rows} == {None, False, True}
    assert {r["hop_opened"] for r in rows} == {None, False, True}


def test_without_keys_nothing_is_opened(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pcapng", three_flows(), secrets=False)
    rows = check(path, Keyring())
    assert not any(r["opened"] for r in rows)
    assert {r["problem"] for r in rows} >= {"no keys of this hop"}


def test_streams_and_associations(tmp_path: Path) -> None:
    talk = long_talk()
    tables = CaptureTables(written(tmp_path / "a.pcapng", talk), name="sub/a")
    streams = tables.table("streams").to_pylist()
    rows = tables.table("packets").filter(pc.equal(tables.table("packets")["kind"], "rtp"))
    assert len(streams) == 4
    assert {s["capture"] for s in streams} == {"sub/a"}
    assert sum(s["packets"] + s["duplicates"] for s in streams) == len(rows)
    assert sum(s["opened"] for s in streams) == pc.sum(rows["opened"]).as_py()
    assert sum(s["full_fields"] for s in streams) == pc.sum(pc.equal(rows["ekt_type"], 2)).as_py()
    assert sorted(len(s["keys"]) for s in streams) == [1, 1, 2, 2]
    assert sum(s["lost"] for s in streams) == 4
    people = tables.table("associations").to_pylist()
    assert [(p["association"], p["opened"], p["spis"]) for p in people] == [
        ("A", True, [1]),
        ("B", True, [1]),
    ]
    assert [p["client_random"] for p in people] == [
        a.client_random.hex() for a in tables.analysis.associations
    ]


def test_tunnel_messages(tmp_path: Path) -> None:
    talk = three_flows()
    table = CaptureTables(written(tmp_path / "a", talk)).table("packets")
    found = table.filter(pc.is_valid(table["tunnel_type"]))
    names = {p.association_id.hex() for p in talk.people.values()}
    assert set(found["tunnel_association"].to_pylist()) == names
    assert set(found["tunnel_type"].to_pylist()) == {0, 1, 2}


def test_findings_and_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(three_flows().pcapng()[:-5])
    tables = CaptureTables(path)
    (error,) = tables.table("errors").to_pylist()
    assert error["kind"] == "damaged"
    assert error["packet"] == tables.count
    assert {"pass"} <= set(tables.table("findings")["result"].to_pylist())
    monkeypatch.setattr(module, "MAX_JUDGED", 10)
    assert tables.table("findings").num_rows == 0
    assert [e["kind"] for e in tables.table("errors").to_pylist()] == ["damaged", "bounded"]


def test_columns_of_small_tables(tmp_path: Path) -> None:
    tables = CaptureTables(written(tmp_path / "a", three_flows()))
    assert tables.table("associations", ["association", "spis"]).column_names == [
        "association",
        "spis",
    ]
    with pytest.raises(LocalError, match="colour"):
        tables.table("associations", ["colour"])
    with pytest.raises(LocalError, match="no table"):
        tables.table("colours")
    empty = table_of("streams", [])
    assert isinstance(empty, pa.Table)
    assert empty.num_rows == 0


def test_no_key_octets_in_any_table(tmp_path: Path) -> None:
    talk = three_flows()
    tables = CaptureTables(written(tmp_path / "a", talk))
    text = str(
        [
            tables.table(name).to_pydict()
            for name in ("packets", "associations", "streams", "findings")
        ]
    )
    keys = [p.keys.client.outer().key for p in talk.people.values()]
    keys += [p.sender.ekt.master(talk.now, 0x1000 + ord(n)).key for n, p in talk.people.items()]
    keys += [k(1).key, k(2).key, k(1).salt]
    assert not [key.id for key in keys if bytes(key).hex() in text or repr(bytes(key)) in text]


def test_what_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        CaptureTables(tmp_path / "none")


def test_damaged_captures_open_as_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    seen = 0
    for data in many.mutated(long_talk().pcapng(), 25, 5):
        path.write_bytes(data)
        try:
            open_capture(path).close()
        except ConfigError:
            continue
        seen += len(check(path, Keyring()))
        for table in ("associations", "streams", "errors"):
            CaptureTables(path).table(table)
    assert seen > 1000
