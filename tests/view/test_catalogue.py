# SPDX-License-Identifier: GPL-2.0-only
"""Every name is listed once, with a type that its values have."""

import pytest

from perc_scapy.view.catalogue import META, catalogue, layer_class, prefixes
from perc_scapy.view.fields import flatten
from perc_scapy.view.meta import READERS
from tests.capture.handmade import three_flows
from tests.view.test_packets import views_of

PYTHON = {"number": (int, float), "octets": str, "text": str, "address": str, "truth": bool,
          "layer": str, "any": object}  # fmt: skip


def test_names_of_a_conference_are_all_listed() -> None:
    for view in views_of(three_flows()):
        for name, values in flatten(view).items():
            kind = PYTHON[catalogue()[name].kind]
            assert all(isinstance(value, kind) for value in values), name


def test_names_that_no_layer_declares_can_all_be_read() -> None:
    assert {info.name for info in META} == set(READERS)


def test_examples() -> None:
    kind = catalogue()["dtls.handshake.msg_type"]
    assert (kind.kind, kind.names["client_hello"]) == ("number", 1)
    assert kind.description == "DTLS handshake: msg type"
    assert catalogue()["tunnel.client_write_SRTP_master_key"].kind == "octets"
    assert "dtls.client_hello" in prefixes()
    assert "rtp.extension" not in prefixes()  # it is a field
    assert layer_class("DTLSEKTKey").__name__ == "DTLSEKTKey"
    assert layer_class("Nonsense") is None


@pytest.mark.parametrize("info", catalogue().values(), ids=lambda info: info.name)
def test_every_name_is_described(info) -> None:
    assert info.description
    assert "None" not in info.description
