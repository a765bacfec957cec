# SPDX-License-Identifier: GPL-2.0-only
"""Children: events, ends, and nothing left running."""

import os
import signal
from pathlib import Path

import pytest

from perc_scapy.cli.demo import processes
from perc_scapy.cli.demo.processes import Child, ChildFailed, Children
from perc_scapy.cli.demo.workspace import Workspace
from perc_scapy.errors import ConfigError, MissingToolError


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Workspace(tmp_path_factory.mktemp("work"), 2).kmf_config()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def kmf(children: Children, config: Path) -> Child:
    child = children.start("kmf", "kmf", "--config", config, "--json")
    children.wait("kmf", lambda: child.find("ready") is not None)
    return child


def test_events_arrive_and_the_end_is_clean(config: Path) -> None:
    with Children() as children:
        child = kmf(children, config)
        ready = child.find("ready", role="kmf")
        assert ready["schema"] == 1
        assert child.find("ready", role="mdd") is None
        assert child.find("ready", ready["time"] + 1) is None
        assert children.stop(child) == 0
        assert child.find("end") is not None
    assert gone(child.pid)


def test_leaving_the_block_stops_all_even_when_something_raises(config: Path) -> None:
    started: list[Child] = []

    def interrupted() -> None:
        with Children() as children:
            started.extend(kmf(children, config) for _ in range(2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [gone(child.pid) for child in started] == [True, True]


def test_a_child_that_does_not_listen_to_sigterm_is_killed(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perc_scapy.cli.demo.processes.STOP_SECONDS", 0.2)
    with Children() as children:
        child = kmf(children, config)
        os.kill(child.pid, signal.SIGSTOP)
        assert children.stop(child) == -signal.SIGKILL


def test_waiting_ends_with_what_was_waited_for(config: Path) -> None:
    with Children() as children:
        kmf(children, config)
        with pytest.raises(ChildFailed, match=r"no miracle within 0\.1 s"):
            children.wait("miracle", lambda: False, 0.1)


def test_mistakes_and_lacks_of_children_are_told_as_such(tmp_path: Path, config: Path) -> None:
    with Children() as children, pytest.raises(ConfigError, match="absent"):
        kmf(children, tmp_path / "absent")
    taken = config.with_name("taken.toml")
    with Children() as children:
        listen = kmf(children, config).events[0]["listen"][0]
        taken.write_text(config.read_text().replace("127.0.0.1:0", listen))
        with pytest.raises(MissingToolError, match="in use"):
            kmf(children, taken)


def test_a_signal_at_the_moment_of_a_start_leaves_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Child] = []

    class Interrupted(Child):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            started.append(self)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(processes, "Child", Interrupted)
    with pytest.raises(KeyboardInterrupt), Children() as children:
        children.start("kmf", "kmf", "--config", config, "--json")
    assert gone(started[0].pid)
