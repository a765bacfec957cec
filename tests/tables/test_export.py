# SPDX-License-Identifier: GPL-2.0-only
"""Many captures: planned, done, remembered; interrupted and taken up again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.tables import export as module
from perc_scapy.tables.engines import Inline
from perc_scapy.tables.export import export, plan
from perc_scapy.tables.jobs import Job, Report
from perc_scapy.tables.schema import TABLES
from tests.tables.folder import captures

SMALL = ("associations",)


def steps(found: Iterable[module.Step]) -> list[tuple[str, str, int]]:
    return [(s.job.name, s.report.status if s.report else "unchanged", s.number) for s in found]


def test_plan(tmp_path: Path) -> None:
    folder = captures(tmp_path / "in")
    key = tmp_path / "more.keylog"
    key.write_text("CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\n")
    jobs = plan([folder, folder / "sub" / "far.pcapng", folder / "sub"], tmp_path / "out", [key])
    assert [j.name for j in jobs] == ["bad.pcap", "cut.pcapng", "good.pcapng", "sub/far.pcapng"]
    assert {j.tables for j in jobs} == {tuple(TABLES)}
    assert [(len(j.keys), len(j.beside)) for j in jobs] == [(1, 0), (1, 0), (1, 0), (1, 1)]
    assert all(Path(p).is_absolute() for j in jobs for p in (j.path, j.folder, *j.keys, *j.beside))


def test_captures_of_one_name(tmp_path: Path) -> None:
    for name in "ab":
        captures(tmp_path / name)
    jobs = plan([tmp_path / n / "good.pcapng" for n in "ab"], tmp_path / "out", tables=SMALL)
    assert [j.name for j in jobs] == ["good.pcapng", "good.pcapng~2"]
    assert {j.tables for j in jobs} == {("associations", "errors")}


@pytest.mark.parametrize(
    ("what", "why"), [("-", "standard input"), ("gone", "no such file"), (".", "no capture")]
)
def test_what_cannot_be_planned(what: str, why: str, tmp_path: Path) -> None:
    path = Path("-") if what == "-" else tmp_path / what
    with pytest.raises(ConfigError, match=why):
        plan([path], tmp_path / "out")


@pytest.mark.parametrize("text", ["# nothing but a comment\n", "not = [toml", "[[srtp]]\n"])
def test_a_key_file_without_keys_is_a_mistake_and_not_a_fault_of_every_capture(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(ConfigError, match=r"keys: "):
        plan([captures(tmp_path / "in")], tmp_path / "out", [tmp_path / "keys"])


def test_a_missing_key_file_is_told_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.keylog: No such file"):
        plan([captures(tmp_path / "in")], tmp_path / "out", [tmp_path / "none.keylog"])


def test_once_and_again(tmp_path: Path) -> None:
    folder, out = captures(tmp_path / "in"), tmp_path / "out"
    jobs = plan([folder], out, tables=SMALL)
    first = steps(export(jobs, out, Inline()))
    assert first == [
        ("bad.pcap", "unreadable", 1),
        ("cut.pcapng", "damaged", 2),
        ("good.pcapng", "done", 3),
        ("sub/far.pcapng", "done", 4),
    ]
    assert [s for _, s, _ in steps(export(jobs, out, Inline()))] == ["unchanged"] * 3 + [
        "unreadable"
    ]
    (folder / "good.pcapng").write_bytes((folder / "good.pcapng").read_bytes()[:-7])
    again = {name: status for name, status, _ in steps(export(jobs, out, Inline()))}
    assert again == {"bad.pcap": "unreadable", "cut.pcapng": "unchanged", "good.pcapng": "damaged",
                     "sub/far.pcapng": "unchanged"}  # fmt: skip
    fresh = [s for _, s, _ in steps(export(jobs, out, Inline(), resume=False))]
    assert "unchanged" not in fresh


class Killed:
    """An engine whose process ends in the middle."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Report]]:
        for number, found in enumerate(Inline().run(jobs)):
            if number == 2:
                raise KeyboardInterrupt
            yield found


def test_interrupted_and_taken_up_again(tmp_path: Path) -> None:
    folder, out = captures(tmp_path / "in"), tmp_path / "out"
    jobs = plan([folder], out, tables=SMALL)
    with pytest.raises(KeyboardInterrupt):
        list(export(jobs, out, Killed()))
    part = out / "packets" / ".x.parquet.part"
    part.parent.mkdir()
    part.write_text("half of a file")
    statuses = {name: status for name, status, _ in steps(export(jobs, out, Inline()))}
    assert statuses["cut.pcapng"] == "unchanged"
    assert statuses["good.pcapng"] == statuses["sub/far.pcapng"] == "done"
    assert not part.exists()
    captured = json.loads((out / "manifest.json").read_text())["captures"]
    assert captured.keys() == {j.name for j in jobs}


def test_a_kill_that_nothing_can_catch_loses_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAVE_EVERY", 1)
    folder, out = captures(tmp_path / "in"), tmp_path / "out"
    jobs = plan([folder], out, tables=SMALL)
    running = export(jobs, out, Inline())
    next(running)
    next(running)
    saved = json.loads((out / "manifest.json").read_text())["captures"]
    assert saved.keys() == {"bad.pcap", "cut.pcapng"}


def test_two_at_once(tmp_path: Path) -> None:
    jobs = plan([captures(tmp_path / "in")], tmp_path / "out", tables=SMALL)
    running = export(jobs, tmp_path / "out", Inline())
    next(running)
    with pytest.raises(ConfigError, match="another export"):
        list(export(jobs, tmp_path / "out", Inline()))
    running.close()
    assert steps(export(jobs, tmp_path / "out", Inline()))


def test_an_output_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    jobs = plan([captures(tmp_path / "in")], tmp_path / "out", tables=SMALL)
    with pytest.raises(ConfigError, match="cannot write"):
        list(export(jobs, tmp_path / "out", Inline()))


def test_a_pipe_cannot_be_exported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="pipe: no regular file"):
        plan([tmp_path / "pipe"], tmp_path / "out")
