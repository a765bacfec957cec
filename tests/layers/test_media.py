# SPDX-License-Identifier: GPL-2.0-only
"""Everything that `command()` may print can be imported from `perc_scapy.layers`."""

from __future__ import annotations

import subprocess
import sys

import perc_scapy.layers
from perc_scapy.layers.union import Union
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
