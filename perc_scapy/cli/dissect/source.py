# SPDX-License-Identifier: GPL-2.0-only
"""The packets of a capture as views, one after the other: those that the options choose."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from perc_scapy.cli.options import naming, open_keys
from perc_scapy.cli.reading import Whole, read_whole, tell_damage
from perc_scapy.errors import ConfigError

if TYPE_CHECKING:
    from perc_scapy.capture.analysis import Analysis
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.capture.streaming import StreamedCapture
    from perc_scapy.view.expert import Expert
    from perc_scapy.view.follow import Followed
    from perc_scapy.view.packets import PacketView, PacketViewer

Test = Callable[["PacketView"], bool]


class Source:
    """Reads the capture twice, in memory that does not grow with it; `views()` may be asked once."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._capture = open_streamed(args)
        self.closed: set[int] = set()
        """Packets shown with something protected in them that no key opened."""
        self.start = 0.0
        """Time of the capture's first packet."""
        self._numbers = _wanted(args.number, self._capture.packets)
        self._tests = _tests(args)
        self.followed = self._follow()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *error: object) -> None:
        self._capture.close()

    @property
    def analysis(self) -> Analysis:
        """Everything about DTLS; it has no media."""
        return self._capture.analysis

    def _follow(self) -> Followed | None:
        from perc_scapy.view.follow import Followed

        if self._args.follow is None:
            return None
        with naming("--follow"):
            followed = Followed(self.analysis, self._args.follow)
        self._tests.append(followed.has)
        return followed

    def viewer(self) -> PacketViewer:
        from perc_scapy.view.decode_as import decode_as, read_rule
        from perc_scapy.view.packets import PacketViewer

        with naming("-d"):
            rules = [read_rule(text) for text in self._args.decode_as]
        return PacketViewer(self.analysis, decode_as(rules) if rules else None)

    def views(self) -> Iterator[PacketView]:
        """The packets that are wanted."""
        viewer, sealed = self.viewer(), sealed_records(self.analysis)
        last = max(self._numbers) if self._numbers else None
        for frame, payload, media in self._capture:
            if frame.number == 1:
                self.start = frame.time
            view = viewer.view(frame, payload, media)
            if self._numbers is not None and frame.number not in self._numbers:
                continue
            if all(test(view) for test in self._tests):
                if _closed(view, sealed):
                    self.closed.add(view.number)
                yield view
            if frame.number == last:
                return

    @property
    def general(self) -> list[Expert]:
        """Remarks that are on no packet."""
        from perc_scapy.view.expert import Expert

        return [Expert(n.severity, n.text) for n in self.analysis.notes if n.packet is None]

    def finish(self) -> int:
        """Say what stayed closed and where the file is damaged; the exit code."""
        sys.stdout.flush()
        if self.closed:
            packets = "packet" if len(self.closed) == 1 else "packets"
            print(f"perc dissect: {len(self.closed)} protected {packets} stayed closed; "
                  "-k FILE opens those whose secrets it has", file=sys.stderr)  # fmt: skip
        for remark in self.general if self.closed and not self._args.expert else ():
            print(f"perc dissect: {remark}", file=sys.stderr)
        return tell_damage(
            "dissect", self._args.capture, self._capture.packets, self._capture.damage
        )


def open_streamed(args: argparse.Namespace) -> StreamedCapture:
    """With the keys of -k, or the capture's own, or those that the environment names."""
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.capture.streaming import StreamedCapture, read_once

    tunnel = forced_tunnel(args)
    capture = StreamedCapture(args.capture, Keyring.of(args.keys), tunnel=tunnel)
    if args.keys or capture.keys or not os.environ.get("SSLKEYLOGFILE") or read_once(args.capture):
        return capture
    ring: Keyring = open_keys(args)
    if not ring:
        return capture
    capture.close()
    return StreamedCapture(args.capture, ring, tunnel=tunnel)


def forced_tunnel(args: argparse.Namespace) -> str | None:
    """The version that --tunnel names; None tries all."""
    return None if args.tunnel == "auto" else str(args.tunnel)


def load(args: argparse.Namespace) -> Whole:
    """The whole capture in memory."""
    return read_whole(args.capture, args, tunnel=forced_tunnel(args))


def _wanted(ranges: list[range] | None, packets: int) -> set[int] | None:
    if ranges is None:
        return None
    for run in ranges:
        if run.stop - 1 > packets:
            raise ConfigError(f"no packet {run.stop - 1}; the capture has {packets}")
    return {number for run in ranges for number in run}


def _tests(args: argparse.Namespace) -> list[Test]:
    from perc_scapy.view.filters import compile_filter

    if args.filter is None:
        return []
    return [compile_filter(args.filter, secrets=args.show_keys)]


def sealed_records(analysis: Analysis) -> set[int]:
    """Numbers of packets with protected DTLS records that no key at hand opens."""
    return {
        seen.packet
        for session, _, _ in analysis.dtls_sessions()
        for seen in session.records
        if seen.record.epoch and seen.content is None
    }


def _closed(view: PacketView, sealed: set[int]) -> bool:
    media = view.media
    if media is not None and media.association is not None:  # else it may as well be RTP in clear
        return media.opened.plain is None and not media.opened.repeat
    return view.number in sealed
