# SPDX-License-Identifier: GPL-2.0-only
"""A folder of captures to export: good, damaged, none at all."""

from __future__ import annotations

from pathlib import Path

from perc_scapy.tables.jobs import Job
from perc_scapy.tables.schema import TABLES
from tests.capture.handmade import HandmadeConference, k


def short_talk(packets: int = 3) -> HandmadeConference:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    for n in range(packets):
        talk.say("A", b"%d" % n)
    return talk


def captures(folder: Path) -> Path:
    """`good.pcapng` has its secrets inside, `sub/far.pcapng` beside it; `cut.pcapng` is damaged, `bad.pcap` is none."""
    talk = short_talk()
    (folder / "sub").mkdir(parents=True)
    (folder / "good.pcapng").write_bytes(talk.pcapng())
    (folder / "cut.pcapng").write_bytes(talk.pcapng()[:-7])
    (folder / "bad.pcap").write_bytes(b"this is no capture")
    (folder / "sub" / "far.pcapng").write_bytes(talk.pcapng(secrets=False))
    (folder / "sub" / "far.keylog").write_bytes(talk.keylog().to_text())
    (folder / "notes.txt").write_text("not a capture either")
    return folder


def job(
    path: Path, out: Path, tables: tuple[str, ...] = tuple(TABLES), keys: tuple[Path, ...] = ()
) -> Job:
    return Job(path.name, str(path), tuple(map(str, keys)), str(out), tables)
