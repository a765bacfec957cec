# SPDX-License-Identifier: GPL-2.0-only
"""The scenario alone: what it leaves for the judgement."""

from pathlib import Path

import pytest

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.cli.demo.processes import ChildFailed, Children
from perc_scapy.cli.demo.scenario import Scenario
from perc_scapy.cli.demo.workspace import Workspace
from perc_scapy.pcap.reader import open_capture


@pytest.mark.req("T00-KMF-17", "SLD-ASM-01")
def test_two_participants(tmp_path: Path) -> None:
    said: list[str] = []
    work = Workspace(tmp_path, 2)
    with Children() as children:
        scenario = Scenario(work, children, said.append)
        scenario.run()
    assert [path.name for path in scenario.keylogs] == ["kmf.keylog", "A.keylog", "B.keylog"]
    assert {path.stat().st_mode & 0o777 for path in scenario.keylogs} == {0o600}
    assert scenario.capture.stat().st_mode & 0o777 == 0o600
    with open_capture(scenario.capture) as reader:
        assert len(list(reader)) > 50
        assert reader.secrets == []
    keylog = KeyLog()
    for path in scenario.keylogs:
        keylog.add_file(path)
    assert len(keylog) == 3
    assert all(len(list(work.heard(name).glob("*.wav"))) == 1 for name in "AB")
    assert said[-1].startswith("everybody hears everybody")


def test_a_stranger_at_the_mdd_fails_the_scenario(tmp_path: Path) -> None:
    work = Workspace(tmp_path, 2)
    members = work.names
    work.names = ["B"]
    config = work.kmf_config()
    work.names = members
    work.kmf_config = lambda: config
    with Children() as children, pytest.raises(ChildFailed):
        Scenario(work, children, lambda _: None).run()
