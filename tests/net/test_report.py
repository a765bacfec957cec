# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io
import json
from dataclasses import dataclass

import pytest

from perc_scapy.crypto import Key
from perc_scapy.net.report import BURST, RATE, Reporter, plain, snake_case
from perc_scapy.roles.kmf.events import LeaveReason, MemberLeft
from perc_scapy.roles.mdd.events import AssociationOpened, Path
from perc_scapy.tunnel.carrier import TunnelId


def lines(event, **how):
    stream = io.StringIO()
    reporter = Reporter(stream, role="kmf", clock=lambda: 1.5, **how)
    reporter.event("ready", listen=["127.0.0.1:5"])
    reporter.dataclass(event)
    return stream.getvalue().splitlines()


LEFT = MemberLeft(b"\xc0" * 16, TunnelId(("::1", 5, 0, 0), 1), b"\xa0" * 16, "alice", "sha-256:00",
                  LeaveReason.CLOSED)  # fmt: skip


def test_the_first_json_object_has_the_schema_and_later_ones_do_not():
    first, second = map(json.loads, lines(LEFT, as_json=True))
    assert first == {
        "schema": 1, "event": "ready", "role": "kmf", "time": 1.5, "listen": ["127.0.0.1:5"],
    }  # fmt: skip
    assert second == {
        "event": "member_left",
        "role": "kmf",
        "time": 1.5,
        "conference_id": "c0" * 16,
        "tunnel_id": {"addr": "[::1]:5", "serial": 1},
        "association_id": "a0" * 16,
        "member": "alice",
        "fingerprint": "sha-256:00",
        "reason": "closed",
    }


def test_people_get_one_line_too():
    first, second = lines(LEFT, as_json=False)
    assert first.endswith(" kmf ready listen=[127.0.0.1:5]")
    assert " member=alice " in second
    assert second.endswith(" reason=closed")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_is_one_write(as_json):
    class Pipe(io.StringIO):
        def write(self, text):
            writes.append(text)
            return super().write(text)

    writes: list[str] = []
    reporter = Reporter(Pipe(), as_json=as_json, role="kmf")
    reporter.event("ready", listen=["127.0.0.1:5"])
    reporter.event("end", counters={})
    assert len(writes) == 2
    assert all(text.count("\n") == 1 and text.endswith("\n") for text in writes)


def test_addresses_and_paths():
    event = AssociationOpened(b"\1" * 16, b"\2" * 16, "t", Path(b"\2" * 16, ("127.0.0.1", 7)))
    (_, line) = lines(event, as_json=True)
    assert json.loads(line)["path"] == {"listener": "02" * 16, "remote": "127.0.0.1:7"}


def test_an_object_is_shown_by_its_type_only():
    @dataclass
    class Secretive:
        name: str

    assert plain(Secretive("x")) == "Secretive"
    assert plain({1: {b"\1"}}) == {"1": ["01"]}


def test_a_key_would_not_be_shown():
    assert "41" * 16 not in str(plain({"k": Key(b"A" * 16)}))


@pytest.mark.parametrize(("name", "wanted"), [("EktKeySent", "ekt_key_sent"), ("Ready", "ready")])
def test_names(name, wanted):
    assert snake_case(name) == wanted


def test_lines_that_strangers_cause_are_limited_and_what_is_left_out_is_counted():
    now, stream = [0.0], io.StringIO()
    reporter = Reporter(stream, as_json=True, role="mdd", clock=lambda: now[0])
    said = lambda: [json.loads(line) for line in stream.getvalue().splitlines()]  # noqa: E731
    for _ in range(BURST):
        reporter.event("association_opened")
        reporter.event("association_closed")
    assert len(said()) == BURST
    reporter.event("member_joined")
    left_out, joined = said()[BURST:]
    half = BURST // 2
    assert left_out["lines"] == {"association_opened": half, "association_closed": half}
    assert (left_out["event"], joined["event"]) == ("suppressed", "member_joined")
    now[0] += 1.0
    for _ in range(100):
        reporter.event("association_opened")
    assert len(said()) == BURST + 2 + RATE
    now[0] -= 5000
    reporter.event("end")
    assert said()[-2]["lines"] == {"association_opened": 100 - RATE}
