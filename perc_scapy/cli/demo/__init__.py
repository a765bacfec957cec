# SPDX-License-Identifier: GPL-2.0-only
"""Run a whole conference on loopback: KMF, MDD, and endpoints A, B, then C, as separate processes.

Session Setup 1/2, Session Setup 2/2 and New User Joins run with generated speech. Then only the capture file is read:
a ladder shows every step with its packet number, and checks say whether keys, media and secrecy are right.
Exit code 0 when everything holds, 1 otherwise; 130 when Ctrl-C, SIGTERM or a closed terminal ends it before.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from perc_scapy.cli.terminal import use_color, writing_stdout

if TYPE_CHECKING:
    from perc_scapy.capture.steps import Story
    from perc_scapy.view.style import Style

MOST = 12
"""Participants that share a machine and still keep their 20 ms."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--participants", type=_participants, default=3, metavar="N",
                        help=f"2 to {MOST}, default 3; from the third on each is a new user that joins")  # fmt: skip
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="leave trace.pcapng, FROM-TO.wav, ladder.json and ladder.svg there")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print ladder.json, not the ladder")


def _participants(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 2 to {MOST}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from perc_scapy.cli.demo.interrupts import interruptible
    from perc_scapy.cli.demo.processes import ChildFailed
    from perc_scapy.cli.demo.workspace import Workspace

    try:
        with ExitStack() as stack:
            stack.enter_context(interruptible())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perc-demo-")))
            say = Progress()
            say(f"certificates and voices for {args.participants} participants")
            story = conference(Workspace(folder, args.participants), args.keep, say)
    except ChildFailed as error:
        print(f"perc demo: {error}", file=sys.stderr)
        return 1
    with writing_stdout():
        _show(story, as_json=args.json)
    return 0 if story.passed else 1


class Progress:
    """One line a milestone on stderr, with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        from perc_scapy.view.style import Style

        self._style = Style(color=use_color(sys.stderr))

    def __call__(self, text: str) -> None:
        at = self._style.paint(f"{time.monotonic() - self._started:5.1f} s", "dim")
        print(f"{at}  {text}", file=sys.stderr, flush=True)


def conference(workspace, keep: Path | None, say: Progress) -> Story:  # type: ignore[no-untyped-def]
    """Run it, read the trace, judge it; with `keep` the results are copied there."""
    from perc_scapy.cli.demo.processes import Children
    from perc_scapy.cli.demo.scenario import Scenario
    from perc_scapy.cli.demo.trace import join_trace
    from perc_scapy.cli.demo.verdict import judge
    from perc_scapy.net.audio import prepare_folder as make_folder
    from perc_scapy.view.svg import svg_ladder

    results = workspace.folder / "results" if keep is None else keep
    make_folder(results)  # a mistake shows before the conference, not after
    with Children() as children:
        scenario = Scenario(workspace, children, say)
        scenario.run()
    trace = results / "trace.pcapng"
    count = join_trace(scenario.capture, scenario.keylogs, trace)
    say(f"reading {count} packets of {trace.name}")
    story = judge(trace, results, workspace, say)
    (results / "ladder.json").write_text(json.dumps(story.to_json(), indent=1) + "\n")
    (results / "ladder.svg").write_text(svg_ladder(story), encoding="utf-8")
    if keep is not None:
        say(f"results are in {keep}")
    return story


def _show(story: Story, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(story.to_json()))
        return
    from perc_scapy.view.ladder import ladder

    print(ladder(story, terminal_style()))


def terminal_style() -> Style:
    """What stdout can show."""
    from perc_scapy.view.style import Style, can_encode

    width = shutil.get_terminal_size((100, 24)).columns
    return Style(can_encode(sys.stdout.encoding), use_color(sys.stdout), max(72, min(120, width)))
