# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import os
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.pcap.private import open_private, replacing, write_private


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "f"
    path.write_bytes(b"older and longer")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize(("mode", "kept"), [("w", b""), ("a", b"older and longer")])
def test_a_file_that_existed_becomes_private(older: Path, mode, kept: bytes) -> None:
    with open_private(older, mode) as stream:
        stream.write(b"new")
    assert older.read_bytes() == kept + b"new"
    assert mode_of(older) == 0o600


@pytest.mark.parametrize("mode", ["w", "a", "x"])
def test_a_new_file_is_private(tmp_path: Path, mode) -> None:
    open_private(tmp_path / "f", mode).close()
    assert mode_of(tmp_path / "f") == 0o600


def test_who_has_the_old_file_open_does_not_read_the_new_one(older: Path) -> None:
    with older.open("rb") as reader:
        write_private(older, b"secret")
        assert reader.read() == b"older and longer"
    assert older.read_bytes() == b"secret"
    assert mode_of(older) == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path: Path, older: Path) -> None:
    (tmp_path / "link").symlink_to(older)
    write_private(tmp_path / "link", b"secret")
    assert older.read_bytes() == b"older and longer"


def test_what_must_be_new_is_refused(older: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot write .*f: File exists"):
        open_private(older, "x")


def test_a_folder_that_is_absent_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        open_private(tmp_path / "no" / "f")


def test_a_file_is_replaced_only_when_all_went_well(older: Path) -> None:
    def fail() -> None:
        with replacing(older) as stream:
            stream.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert older.read_bytes() == b"older and longer"
    with replacing(older) as stream:
        stream.write(b"new")
        stream.flush()
        assert older.read_bytes() == b"older and longer"
    assert (older.read_bytes(), mode_of(older)) == (b"new", 0o600)
    assert list(older.parent.iterdir()) == [older]


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    with replacing(Path("/dev/null")) as stream:
        stream.write(b"new")
    with pytest.raises(ConfigError, match="directory"), replacing(tmp_path):
        pass
