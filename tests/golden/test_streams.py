# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of media."""

from typing import Any

import pytest

from tests.golden.samples import described


def stream(capture: str, name: str) -> dict[str, Any]:
    return next(s for s in described(capture)["streams"] if s["name"] == name)


def test_a_stream_into_the_mdd_and_out_of_it() -> None:
    names = [s["name"] for s in described("session-setup-2")["streams"]]
    assert names == [
        "A > MDD: rtp of A",
        "MDD > B: rtp of A",
        "B > MDD: rtp of B",
        "MDD > A: rtp of B",
    ]
    found = stream("session-setup-2", "MDD > B: rtp of A")
    assert (found["packets"], found["outer_opened"], found["opened"]) == (8, 8, 8)
    assert found["payload_types"] == [100]
    assert found["ekt"] == {"full": 4, "short": 4}
    assert found["keys"] == ["A.1 under K1 epoch 0"]
    assert found["problems"] == {}


@pytest.mark.parametrize(
    ("capture", "fields"),
    [
        ("ohb-payload-type", {"payload_type": 4}),
        ("ohb-sequence", {"sequence_number": 4}),
        ("ohb-marker", {"marker": 1}),
        ("ohb-all", {"payload_type": 4, "sequence_number": 4, "marker": 1}),
        ("ohb-extension", {}),
    ],
)
@pytest.mark.req("DBL-06")
def test_what_the_mdd_rewrote(capture: str, fields: dict[str, int]) -> None:
    assert stream(capture, "A > MDD: rtp of A")["rewritten"] == {}
    assert stream(capture, "MDD > B: rtp of A")["rewritten"] == fields


def test_keys_in_the_order_of_use() -> None:
    assert stream("e2e-rekey", "MDD > B: rtp of A")["keys"] == [
        f"A.{n + 1} under K1 epoch {n}" for n in range(3)
    ]
    assert stream("new-user-joins", "A > MDD: rtp of A")["keys"] == [
        "A.1 under K1 epoch 0",
        "A.2 under K2 epoch 0",
    ]


def test_reports_by_type() -> None:
    reports = stream("rtcp", "B > MDD: rtcp of B")["reports"]
    assert reports["BYE"] == 1
    assert set(reports) == {"SR", "RR", "SDES", "BYE"}


def test_media_of_the_mdd_itself_opens_by_one_layer() -> None:
    found = stream("mdd-media", "MDD > A: rtp of ?")
    assert (found["outer_opened"], found["opened"]) == (5, 0)
    assert sum(found["problems"].values()) == 5
