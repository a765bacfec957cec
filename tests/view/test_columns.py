# SPDX-License-Identifier: GPL-2.0-only
"""Columns and documents."""

import json

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.view.columns import Columns, Form, bulk_lines
from perc_scapy.view.fields import flatten
from tests.capture.handmade import three_flows
from tests.view.test_packets import views_of

VIEW = next(v for v in views_of(three_flows()) if "[RTP" in v.summary)
NAMES = ["frame.number", "rtp.ssrc", "tunnel.type", "perc.hop", "perc.decrypted"]


def line(*options: str) -> str:
    form = Form()
    for option in options:
        form.set(option)
    return "\n".join(Columns(NAMES, form).lines([VIEW]))


def test_forms() -> None:
    assert line() == f"{VIEW.number}\t4161,4161\t\tA>MDD\t1"
    assert line("occurrence=f", "separator=,") == f"{VIEW.number},4161,,A>MDD,1"
    assert line("occurrence=l", "quote=d", "separator=/s") == f'"{VIEW.number}" "4161"  "A>MDD" "1"'
    assert line("aggregator=;", "header=y").splitlines() == [
        "\t".join(NAMES),
        f"{VIEW.number}\t4161;4161\t\tA>MDD\t1",
    ]


@pytest.mark.parametrize(
    "option", ["header=maybe", "separator", "quote=x", "occurrence=", "colour=y", "set=y"]
)
def test_options_that_are_none(option: str) -> None:
    with pytest.raises(ConfigError):
        Form().set(option)


def test_names_that_are_none() -> None:
    with pytest.raises(ConfigError, match=r"did you mean rtp\.ssrc"):
        Columns(["rtp.src"], Form())


def test_text_of_a_capture_cannot_end_a_line() -> None:
    VIEW.src, VIEW.payload = "a\nb\t", None
    assert Columns(["ip.src"], Form()).line(VIEW) == "a b "


def test_documents() -> None:
    view = views_of(three_flows())[16]
    index, document = map(json.loads, bulk_lines(view))
    assert index == {"index": {"_index": "packets-2023-11-14"}}
    assert document["timestamp"] == str(int(view.time * 1000))
    flat = {k: v[0] if len(v) == 1 else v for k, v in flatten(view).items()}
    found = {key: value for layer in document["layers"].values() for key, value in layer.items()}
    assert len(found) == len(flat)
    assert found["tunnel_tunnel_type"] == 2
    assert found["dtls_dtls_record_type"] == flat["dtls.record.type"]
