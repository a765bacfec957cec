# SPDX-License-Identifier: GPL-2.0-only
"""Key logs: lenient in, nothing secret out."""

from pathlib import Path

import pytest

from perc_scapy.capture import keylog
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.crypto.secret import Key
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


TLS13 = [
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
]


@pytest.mark.parametrize("label", TLS13)
def test_secrets_of_tls_1_3_by_label_and_random(label: str) -> None:
    log = KeyLog()
    log.add_text(f"{label} {RANDOM.hex()} {'5a' * 48}".encode())
    assert log.secret(label, RANDOM) == b"\x5a" * 48
    assert log.secret("SERVER_TRAFFIC_SECRET_1", RANDOM) is None
    assert log.master_secret(RANDOM) is None
    assert log.to_text() == f"{label} {RANDOM.hex()} {'5a' * 48}\n".encode()
    assert "5a5a" not in repr(log)


def test_premaster_secrets_by_random_and_by_their_encrypted_form() -> None:
    log = KeyLog()
    log.add_text(
        f"PMS_CLIENT_RANDOM {RANDOM.hex()} aabb\nRSA 0102030405060708 {'11' * 48}".encode()
    )
    assert log.premaster_secret(RANDOM) == b"\xaa\xbb"
    assert log.premaster_secret(MASTER[:32]) is None
    assert log.premaster_secret(MASTER[:32], bytes(range(1, 200))) == b"\x11" * 48
    assert log.premaster_secret(MASTER[:32], bytes(7)) is None
    assert log.ignored == 0


def test_session_ids_from_a_line_and_from_what_was_learned() -> None:
    log = KeyLog()
    log.add_text(f"RSA Session-ID:c0ffee Master-Key:{MASTER.hex()}".encode())
    log.learn(b"ticket", Key(b"m" * 48))
    log.learn(b"", Key(b"x"))
    assert log.resumed_secret(b"\xc0\xff\xee") == MASTER
    assert log.resumed_secret(b"ticket") == b"m" * 48
    assert log.resumed_secret(b"") is None
    assert log.to_text() == f"RSA Session-ID:c0ffee Master-Key:{MASTER.hex()}\n".encode()


def test_sessions_are_counted_not_lines() -> None:
    log = KeyLog()
    other = f"SERVER_TRAFFIC_SECRET_0 {'07' * 32} aa\nCLIENT_TRAFFIC_SECRET_0 {'07' * 32} bb"
    log.add_text(LINE + b"\n" + other.encode())
    assert (log.sessions, len(log)) == (2, 3)
    assert log.knows(RANDOM)
    assert not log.knows(MASTER[:32])
    assert [random for random, _ in log.masters()] == [RANDOM]


def test_a_log_without_end_is_forgotten_from_its_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keylog, "MAX_SECRETS", 10)
    monkeypatch.setattr(keylog, "MAX_LEARNED", 3)
    log = KeyLog()
    for n in range(25):
        log.add_text(f"CLIENT_RANDOM {n:064x} {'11' * 48}".encode())
        log.learn(bytes((n,)), Key(b"m"))
    assert (len(log), log.dropped) == (10, 15)
    assert log.master_secret((14).to_bytes(32, "big")) is None
    assert log.master_secret((24).to_bytes(32, "big")) is not None
    assert [log.resumed_secret(bytes((n,))) for n in (21, 22)] == [None, b"m"]


def test_a_secret_longer_than_any_is_no_secret() -> None:
    log = KeyLog()
    log.add_text(f"PMS_CLIENT_RANDOM {RANDOM.hex()} {'aa' * 513}".encode())
    assert (len(log), log.ignored) == (0, 1)
