# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from perc_scapy.cli.options import add_keys, add_process_options, number_in, open_keys


def test_the_common_options():
    parser = argparse.ArgumentParser()
    add_process_options(parser)
    args = parser.parse_args(["--keylog", "k.log", "--json"])
    assert (args.keylog, args.capture, args.json) == (Path("k.log"), None, True)


@pytest.mark.parametrize("text", ["abc", "-1", "11", "nan", ""])
def test_a_number_outside_its_limits_is_refused_and_they_are_named(text):
    with pytest.raises(argparse.ArgumentTypeError, match="0 to 10"):
        number_in(0, 10)(text)
    assert number_in(0, 10)("2.5") == 2.5


LINE = "CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\n"


def keys(*words):
    parser = argparse.ArgumentParser()
    add_keys(parser)
    return parser.parse_args(words)


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    path = tmp_path / "keys.log"
    path.write_text(LINE)
    return path


def test_keys_of_several_files_and_of_the_capture(log, tmp_path):
    other = tmp_path / "more.log"
    other.write_text(LINE.replace("ab", "ac"))
    ring = open_keys(
        keys("-k", str(log), "--keys", str(other)), [LINE.replace("ab", "ad").encode()]
    )
    assert len(ring) == 3


def test_the_environment_is_asked_when_nothing_else_has_keys(log, monkeypatch, capsys):
    assert not open_keys(keys())
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    assert len(open_keys(keys())) == 1
    assert capsys.readouterr().err == f"keys from $SSLKEYLOGFILE: {log}\n"
    assert len(open_keys(keys("-k", str(log)))) == 1
    assert len(open_keys(keys(), [LINE.replace("ab", "ad").encode()])) == 1
    assert capsys.readouterr().err == ""


def test_an_environment_that_names_nothing_useful_is_no_mistake(log, monkeypatch, capsys):
    monkeypatch.setenv("SSLKEYLOGFILE", str(log.parent / "absent"))
    assert not open_keys(keys())
    log.write_text("# nothing yet\n")
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    assert not open_keys(keys())
    assert capsys.readouterr().err == ""
