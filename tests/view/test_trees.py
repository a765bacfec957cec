# SPDX-License-Identifier: GPL-2.0-only
"""One object a line."""

import json

from perc_scapy.layers.dtls import DTLS
from perc_scapy.view.packets import PacketView
from perc_scapy.view.parts import Part, opaque
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


def test_the_quick_line_is_the_object() -> None:
    """With faults, without layers of ours, with and without secrets: always what `json.dumps` of the object gives."""
    talk = three_flows()
    views = views_of(talk)
    for view in views:
        assert json_line(view) == json.dumps(view.to_json())
        assert json_line(view, secrets=True) == json.dumps(view.to_json(secrets=True))
    broken = PacketView(
        7,
        0.1,
        'a"\n',
        "",
        ["x"],
        [Part("dtls", DTLS, b"\x16\xfe\xfd\0"), opaque("data", b"\xff", "")],
    )
    assert json_line(broken) == json.dumps(broken.to_json())
    assert broken.expert
