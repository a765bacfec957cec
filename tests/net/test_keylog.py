# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import stat

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.net.keylog import KeyLogFile


def test_lines_are_appended_to_a_private_file(tmp_path):
    path = tmp_path / "keys.log"
    path.write_text("CLIENT_RANDOM 00 11\n")
    path.chmod(0o644)
    log = KeyLogFile(path)
    log("CLIENT_RANDOM 22 33")
    log.close()
    assert path.read_text() == "CLIENT_RANDOM 00 11\nCLIENT_RANDOM 22 33\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_is_private_from_the_start(tmp_path):
    KeyLogFile(tmp_path / "new").close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot write .*no/such: No such file"):
        KeyLogFile(tmp_path / "no" / "such")
