# SPDX-License-Identifier: GPL-2.0-only
"""Everything that `command()` may print can be imported from `perc_scapy.layers`."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.packet import Raw, fuzz  # noqa: F401  a command may name Raw

import perc_scapy.layers
from perc_scapy.errors import EncodeError
from perc_scapy.layers import *  # noqa: F403  names that eval(command()) needs
from perc_scapy.layers import DTLS, media
from perc_scapy.layers.compile import encode
from perc_scapy.layers.union import Union
from tests.layers.compile.test_equivalence import agree
from tests.layers.strategies import damaged, records
from tests.layers.test_declarative import layer_classes


def test_every_layer_is_exported():
    names = {cls.__name__ for cls in layer_classes()} - {"PercPacket", Union.__name__}
    assert names <= set(perc_scapy.layers.__all__)
    assert all(hasattr(perc_scapy.layers, name) for name in perc_scapy.layers.__all__)


def test_importing_claims_no_port_and_stays_light():
    code = "import sys, perc_scapy.layers; print([n for n in sys.modules if n.startswith('scapy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout
    assert "scapy.packet" in loaded
    for heavy in ("scapy.all", "scapy.layers", "scapy.contrib"):
        assert f"'{heavy}" not in loaded


LAYERS = [cls for cls in layer_classes() if cls.fields_desc and cls.__name__ in media.__all__]
SOME = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("cls", LAYERS)
@SOME
@given(data=st.data())
def test_valid_damaged_and_random_octets(cls, data):
    try:
        octets = encode(data.draw(records(cls)))
    except EncodeError:
        octets = None  # a drawn packet may break a rule across fields
    if octets is not None:
        assert agree(cls, octets)
        agree(cls, data.draw(damaged(octets)))
    agree(cls, data.draw(st.binary(max_size=80)))


@pytest.mark.parametrize("cls", [DTLS, *LAYERS])
@SOME
@given(octets=st.binary(max_size=80))
def test_a_command_makes_the_same_octets_again_malformed_or_not(cls, octets):
    assert bytes(eval(cls(octets).command())) == octets
    head = b"\x16\xfe\xfd" + bytes(9) + bytes((len(octets),)) if cls is DTLS else b"\x80\xc8\0\5"
    assert bytes(eval(cls(head + octets).command())) == head + octets


@pytest.mark.parametrize("cls", [DTLS, *LAYERS])
def test_fuzz_and_copies(cls):
    random.seed(7)
    for _ in range(10):
        octets = bytes(fuzz(cls()))
        packet = cls(octets)
        assert bytes(packet) == bytes(packet.copy()) == octets
        assert packet == packet.copy()
