# SPDX-License-Identifier: GPL-2.0-only
"""A capture with its keys, and everything that can be asked of it. Results show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keyring import Keyring
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.reader import open_capture
from perc_scapy.view.packets import PacketView, PacketViewer
from perc_scapy.workbench import showing
from perc_scapy.workbench.cards import Card, Cards
from perc_scapy.workbench.packets import Packets

KEY_FILES = ("secrets.keylog", "keys.toml")
"""Looked for beside a capture when no keys are given."""


class Capture:
    """Opens a capture (pcap, pcapng, gzip) with key logs and key tables; the capture's own secrets are used too.

    Without `keys`, files of the names in `KEY_FILES` beside the capture are taken. Raises `ConfigError` for what is
    no capture or no key file. A damaged file is read up to the damage, which `damage` tells.
    """

    def __init__(
        self, path: str | Path, keys: Iterable[str | Path] | str | Path | None = None
    ) -> None:
        self.path = Path(path)
        self.key_files = _key_files(self.path, keys)
        with open_capture(self.path) as reader:
            self.frames = list(reader)
        self.damage = reader.damage
        self.keys = Keyring.of(self.key_files)
        for text in reader.secrets:
            self.keys.keylog.add_text(text)
        self.analysis = Analysis(payloads(self.frames), self.keys)

    # -- packets

    @cached_property
    def _viewer(self) -> PacketViewer:
        return PacketViewer(self.analysis)

    @cached_property
    def packets(self) -> Packets:
        """All packets."""
        return Packets(self._viewer, self.frames, self._packet, len(self.frames))

    def _packet(self, view: PacketView) -> Card:
        return showing.packet(view)

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, number: int) -> Card:
        """Packet `number` of the file, from 1, as Wireshark counts."""
        return self.packets[number]

    def __iter__(self) -> Iterator[Card]:
        return iter(self.packets)

    def filter(self, expression: str) -> Packets:
        """Packets that a display filter lets through: `capture.filter("tunnel.type == 2")`."""
        return self.packets.filter(expression)

    # -- the whole

    @property
    def associations(self) -> Cards:
        """One card an endpoint association."""
        rows = self._statistics().to_json()["associations"]
        cards = [showing.association(row) for row in rows]
        return Cards(cards, "no endpoint association", showing.associations_html)

    @property
    def notes(self) -> list[str]:
        """What stayed closed, and why."""
        return [str(note) for note in self.analysis.notes]

    def ladder(self) -> Card:
        """The flows as a ladder."""
        from perc_scapy.capture.whole_story import whole_story

        return showing.ladder(whole_story(self.analysis))

    def stats(self) -> Card:
        """Associations, streams, keys by id, rekeys, EKT cadence."""
        return showing.statistics(self._statistics().to_json())

    def _statistics(self) -> Any:
        from perc_scapy.view.stats import Statistics

        found = Statistics(self.analysis)
        for frame in self.frames:
            found.frame(frame.time)
        for media in self.analysis.media:
            found.add(media)
        return found

    def check(self) -> Card:
        """Judged by requirement id."""
        from perc_scapy.conform import judge

        return showing.report(judge(self.analysis, "/".join(self.path.parts[-2:])))

    def explain(self, packet: int | None = None) -> Cards:
        """Why something did not open: of all, or of one packet."""
        from perc_scapy.explain.report import explain, explain_packet

        found = explain(self.analysis) if packet is None else explain_packet(self.analysis, packet)
        return Cards([showing.explanation(e) for e in found], "nothing to explain")

    def diff(self, other: Capture) -> Card:
        """Where this conversation and another one part."""
        from perc_scapy.compare.parting import compare

        return showing.comparison(compare(self.analysis, other.analysis))

    # -- elsewhere

    def to_pandas(self, table: str = "packets") -> Any:
        """A table (packets, associations, streams, findings) for pandas. `MissingToolError` without pandas."""
        from perc_scapy.tables.frames import to_pandas

        return to_pandas(self.path, self.keys, table=table)

    def to_polars(self, table: str = "packets") -> Any:
        """A table as Polars data frame. Raises `MissingToolError` without polars."""
        from perc_scapy.tables.frames import to_polars

        return to_polars(self.path, self.keys, table=table)

    def _facts(self) -> list[tuple[str, str]]:
        media = self.analysis.media
        opened = sum(m.opened.plain is not None for m in media)
        tunnels = ", ".join(f"{t.version} over {t.transport}" for t in self.analysis.tunnels)
        found = [
            ("packets", str(len(self))),
            ("tunnels", tunnels or "none"),
            ("associations", str(len(self.analysis.associations))),
            ("media packets", f"{len(media)}, {opened} opened"),
            ("keys", ", ".join(file.name for file in self.key_files) or "those of the capture"),
            ("notes", "; ".join(self.notes[:5])),
            ("damage", self.damage or ""),
        ]
        return [(name, value) for name, value in found if value]

    def __repr__(self) -> str:
        return showing.facts_text(self._facts())

    def _repr_html_(self) -> str:
        return showing.facts_html(self.path.name, self._facts())


def _key_files(path: Path, keys: Iterable[str | Path] | str | Path | None) -> list[Path]:
    if keys is None:
        beside = (path.parent / name for name in KEY_FILES)
        return [file for file in beside if file.is_file() and file.stat().st_size]
    return [Path(keys)] if isinstance(keys, str | Path) else [Path(key) for key in keys]
