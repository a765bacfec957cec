# SPDX-License-Identifier: GPL-2.0-only
"""Names of the roles load what they need and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from perc_scapy import roles


def test_every_public_name_is_there() -> None:
    for name in roles.__all__:
        assert getattr(roles, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = roles.NOTHING


def test_an_endpoint_loads_neither_scapy_nor_the_other_roles() -> None:
    program = (
        "import sys\n"
        "from perc_scapy.roles import Endpoint\n"
        "loaded = [m for m in sys.modules if m.split('.')[0] == 'scapy']\n"
        "loaded += [m for m in ('perc_scapy.roles.kmf.role', 'perc_scapy.roles.mdd.role') if m in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
