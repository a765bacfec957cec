# SPDX-License-Identifier: GPL-2.0-only
"""Expectations of captures, and what compare finds when one thing changes."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass

import pytest

from captures.builders.recipe import Built
from perc_scapy.golden.expectation import compare, describe
from tests.captures.building import analysis_of
from tests.golden.samples import CAPTURES, described, opened


@dataclass
class Result:
    id: str
    result: str
    packet: int | None = None


@dataclass
class Report:
    results: tuple[Result, ...]


def test_a_description_is_json_and_the_same_each_time() -> None:
    first = described("new-user-joins")
    assert json.loads(json.dumps(first)) == first
    assert compare(first, described("new-user-joins"), ()) == []


def test_no_key_octets_are_in_it() -> None:
    text = json.dumps(described("new-user-joins"))
    keys = {k.parameters.key.hex() for a in opened("new-user-joins").associations
            for k in a.ekt_keys()}  # fmt: skip
    keys |= {bytes(k.client.key).hex() for a in opened("new-user-joins").associations
             if (k := a.exported())}  # fmt: skip
    assert len(keys) == 5
    assert not [key for key in keys if key in text]


def test_flow_steps_of_all_three_flows() -> None:
    steps = described("new-user-joins")["flow"]
    assert len(steps) == 48
    assert all(steps.values())


def test_another_run_of_the_same_conversation_differs_in_masked_fields_only() -> None:
    """Two seeds: other certificates' signatures, randoms, SSRCs, SPIs, keys."""
    from captures.builders.flows import three_flows
    from captures.builders.stage import Stage

    one, two = (describe(analysis_of(three_flows(Stage("abc", seed=s)))) for s in (1, 2))
    assert compare(one, two, ())
    masks = ("default", "packets", "counts", "reports")
    assert [str(d) for d in compare(one, two, masks)] == []


def test_a_step_that_is_gone_is_named_with_its_packet() -> None:
    seen = described("session-setup-2")
    expected = copy.deepcopy(seen)
    seen["flow"]["SS2-14"] = None
    assert [str(d) for d in compare(expected, seen)] == ["flow.SS2-14: expected 40, seen nothing"]
    assert len(compare(expected, seen, ("default", "packets"))) == 1


def test_a_lost_packet_is_seen_in_the_counts() -> None:
    seen = described("session-setup-2")
    expected = copy.deepcopy(seen)
    expected["streams"][1]["opened"] += 1
    assert [str(d) for d in compare(expected, seen)] == [
        "streams[MDD > B: rtp of A].opened: expected 9, seen 8  (packet 40)"
    ]


def test_conformance_newly_passed_rules_are_no_difference() -> None:
    analysis = opened("session-setup-1")
    old = describe(analysis, Report((Result("A-1", "pass"), Result("A-2", "fail", 3))))  # type: ignore[arg-type]
    new = describe(
        analysis,
        Report((Result("A-1", "fail", 7), Result("A-2", "fail", 3), Result("A-3", "pass"),
                Result("A-4", "fail", 9), Result("A-5", "not exercised"))),  # type: ignore[arg-type]
    )  # fmt: skip
    assert [str(d) for d in compare(old, new)] == [
        "conformance.A-1.result: expected 'pass', seen 'fail'  (packet 7)",
        "conformance.A-1.packet: expected nothing, seen 7  (packet 7)",
        "conformance.A-4: expected nothing, seen 'fail'  (packet 9)",
    ]


def test_a_rule_that_is_not_exercised_any_more_is_a_difference() -> None:
    analysis = opened("session-setup-1")
    old = describe(analysis, Report((Result("A-1", "pass"),)))  # type: ignore[arg-type]
    new = describe(analysis, Report((Result("A-1", "not exercised"),)))  # type: ignore[arg-type]
    assert [d.path for d in compare(old, new)] == ["conformance.A-1"]


@pytest.mark.parametrize("seed", range(30))
def test_damaged_captures_are_described_all_the_same(seed: int) -> None:
    """No exception, and the same description of the same octets."""
    draw = random.Random(seed)
    folder = draw.choice(sorted(path.parent for path in CAPTURES.glob("*/trace.pcapng")))
    octets = bytearray((folder / "trace.pcapng").read_bytes())
    for _ in range(draw.choice((1, 5, 30, 200))):
        octets[draw.randrange(60, len(octets))] ^= 1 << draw.randrange(8)
    keys = [path.read_bytes() for path in folder.glob("*.keylog")]
    seen = [describe(analysis_of(Built(bytes(octets), b"".join(keys)))) for _ in range(2)]
    assert json.loads(json.dumps(seen[0])) == seen[1]
