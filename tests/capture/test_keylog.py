# SPDX-License-Identifier: GPL-2.0-only
"""Key logs: lenient in, nothing secret out."""

from pathlib import Path

import pytest

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.errors import ConfigError

RANDOM, MASTER = bytes(range(32)), bytes(range(100, 148))
LINE = b"CLIENT_RANDOM %s %s" % (RANDOM.hex().encode(), MASTER.hex().upper().encode())


def test_lines_in_any_dress() -> None:
    log = KeyLog()
    log.add_text(b"\xef\xbb\xbf# by someone\r\n\r\n  " + LINE + b" \r\nCLIENT_RANDOM 00 11\n")
    log.add_text(b"SERVER_HANDSHAKE_TRAFFIC_SECRET aa bb\n\xff\xfe\n" + LINE[:-1])
    assert log.master_secret(RANDOM) == MASTER
    assert log.master_secret(MASTER[:32]) is None
    assert (len(log), log.ignored) == (1, 5)


def test_secrets_stay_out_of_texts(tmp_path: Path) -> None:
    log = KeyLog()
    (tmp_path / "keys").write_bytes(LINE)
    log.add_file(tmp_path / "keys")
    assert repr(log) == "KeyLog(1 secrets)"
    assert MASTER.hex() not in repr(log.master_secret(RANDOM))
    assert log.to_text().lower() == LINE.lower() + b"\n"


def test_a_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="absent: No such file"):
        KeyLog().add_file(tmp_path / "absent")
