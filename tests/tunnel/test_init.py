# SPDX-License-Identifier: GPL-2.0-only
"""Wire versions are found by name, and Scapy is loaded only when one is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import perc_scapy.tunnel
from perc_scapy.tunnel import TUNNEL_VERSIONS


def test_every_version_has_the_verbs_under_its_own_name() -> None:
    for name, version in TUNNEL_VERSIONS.items():
        assert version.name == name
        assert callable(version.encode)
        assert callable(version.decode)
    assert "draft00" in TUNNEL_VERSIONS
    with pytest.raises(AttributeError):
        _ = perc_scapy.tunnel.NOTHING


def test_scapy_waits_until_a_version_is_wanted() -> None:
    program = (
        "import sys, perc_scapy.tunnel\n"
        "assert 'scapy' not in sys.modules\n"
        "perc_scapy.tunnel.TUNNEL_VERSIONS\n"
        "assert 'scapy' in sys.modules\n"
        "assert 'scapy.all' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
