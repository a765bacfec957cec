# SPDX-License-Identifier: GPL-2.0-only
"""The engine's names load what they need and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest

import perc_scapy.dtls as dtls


@pytest.mark.parametrize("name", dtls.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(dtls, name) is not None
    assert set(dtls.__all__) == dtls._HOME.keys()


def test_no_other_name() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = dtls.Nonsense


def test_who_reads_records_loads_no_engine() -> None:
    code = (
        "import sys; import perc_scapy.dtls.record, perc_scapy.dtls.codec;"
        "assert not {'perc_scapy.dtls.client', 'perc_scapy.dtls.identity'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
