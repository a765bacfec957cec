# SPDX-License-Identifier: GPL-2.0-only
"""One object a line."""

import json

from perc_scapy.view.trees import json_line
from tests.capture.handmade import three_flows
from tests.view.test_packets import views_of


def test_lines() -> None:
    view = views_of(three_flows())[-1]
    line = json_line(view, head={"schema": 1})
    assert "\n" not in line
    assert json.loads(line) == {"schema": 1, **view.to_json()}
    assert next(iter(json.loads(line))) == "schema"


def test_ranges() -> None:
    view = views_of(three_flows())[16]
    outer, tunnel, _ = json.loads(json_line(view, ranges=True))["layers"]
    assert outer["offset"] == 28
    assert outer["ranges"]["records[0].type"] == [0, 1]
    assert "offset" not in tunnel
    assert tunnel["ranges"]["association_id"] == [2, 16]
