# SPDX-License-Identifier: GPL-2.0-only
"""`perc mdd`: mistakes of people."""

from __future__ import annotations

import socket

import pytest

from perc_scapy.cli import main
from perc_scapy.cli.config import example


def write(folder, *changes) -> str:
    text = example("mdd")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "mdd.toml").write_text(text)
    return "mdd.toml"


def one_line(capsys) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ([('"127.0.0.1:20000"', '"127.0.0.1"')], 2, "conference[1].kmf: '127.0.0.1' is not HOST:PORT"),
        ([('"kmf.pem"', '"gone.pem"')], 2, "conference[1].kmf_fingerprint: gone.pem: No such file"),
        ([("[[conference]]", "[[conferenc]]")], 2, "mdd.toml: conferenc: unknown key; did you mean conference?"),
        ([(":20002", ":0"), ("127.0.0.1:20000", "no..host:5")], 3, "no..host:5: host name is unknown here"),
    ],
)  # fmt: skip
def test_a_bad_configuration_is_told(folder, capsys, changes, code, says):
    assert main(["mdd", "--config", write(folder, *changes)]) == code
    assert says in one_line(capsys)


def test_a_port_in_use_is_code_3(folder, capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        path = write(folder, ("127.0.0.1:20002", taken))
        assert main(["mdd", "--config", path]) == 3
    assert f"UDP {taken} is in use" in one_line(capsys)
