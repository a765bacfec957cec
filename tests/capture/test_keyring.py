# SPDX-License-Identifier: GPL-2.0-only
"""Key files of both kinds, told apart by content; nothing secret in any message."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.keyring import Keyring, is_toml
from perc_scapy.errors import ConfigError
from tests.capture import samples

LINE = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
TABLES = b'# by hand\n[[ekt]]\nspi = 1\ncipher = "AESKW_128"\nkey = "%s"\nsalt = "%s"\n' % (
    b"01" * 16,
    b"02" * 12,
)


@pytest.mark.parametrize(
    ("text", "toml"),
    [
        (LINE, False),
        (TABLES, True),
        (b"", False),
        (b"# only comments\n", False),
        (b"\xef\xbb\xbf[[srtp]]\n", True),
        (b"  ekt = []\n", True),
        (b"RSA 0011 2233\n", False),
        (b"\xff\xfe\x00", False),
    ],
)
def test_kinds_are_told_apart_by_content(text: bytes, toml: bool) -> None:
    assert is_toml(text) == toml


def test_files_of_all_kinds_make_one_ring(tmp_path: Path) -> None:
    for name, data in {"a.log": LINE, "b.toml": TABLES, "c.pcapng": samples.ALL["pcapng"]}.items():
        (tmp_path / name).write_bytes(data)
    ring = Keyring.of(sorted(tmp_path.iterdir()))
    assert (len(ring.keylog), len(ring.statements), len(ring)) == (
        1,
        1,
        2,
    )  # a.log and c.pcapng agree
    assert ring.keylog.master_secret(b"\xab" * 32) == b"\xcd" * 48
    assert repr(ring) == "Keyring(1 secrets, 1 stated keys)"


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"hello\n", samples.ALL["pcap"]])
def test_a_file_without_any_key_is_a_mistake(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "keys"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=str(path)):
        Keyring.of([path])


def test_a_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="absent: No such file"):
        Keyring.of([tmp_path / "absent"])


def test_a_file_given_twice_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(LINE)
    assert len(Keyring.of([tmp_path / "keys"] * 2)) == 1


def test_what_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"[[ekt]]\nkey = '\xff'\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Keyring.of([tmp_path / "keys"])


def test_a_key_log_alone_becomes_a_ring() -> None:
    log = KeyLog()
    assert Keyring.from_keys(log).keylog is log
    ring = Keyring()
    assert Keyring.from_keys(ring) is ring
    assert not Keyring.from_keys(None)


BROKEN = {
    "empty": b"",
    "comment": b"# nothing yet\n",
    "noise": bytes(range(128, 256)) * 9,
    "no key log": b"dear diary\n",
    "cut": TABLES[:-9],
    "not TOML": b"[[ekt]\n",
    "nested": b"a = " + b"[" * 5000,
    "no such table": b"[[keys]]\nkey = 'x'\n",
    "not UTF-8": b"[[ekt]]\nkey = '\xff'\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_beside_a_capture_is_told_and_costs_no_other(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "bad").write_bytes(BROKEN[name])
    (tmp_path / "good").write_bytes(LINE)
    ring = Keyring()
    (remark,) = ring.add_beside([tmp_path / "bad", tmp_path / "good"])
    assert remark.startswith(f"key file not used: {tmp_path / 'bad'}: ")
    assert len(ring) == 1


def test_a_folder_with_the_name_of_a_key_file_is_none(tmp_path: Path) -> None:
    assert "Is a directory" in Keyring().add_beside([tmp_path])[0]
