# SPDX-License-Identifier: GPL-2.0-only
"""`perc kmf`: mistakes of people."""

from __future__ import annotations

import socket

import pytest

from perc_scapy.cli import main
from perc_scapy.cli.config import example


def write(folder, *changes) -> str:
    text = example("kmf")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "kmf.toml").write_text(text)
    return "kmf.toml"


def one_line(capsys) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    return said.err


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([("listen =", "listen")], "kmf.toml: not valid TOML"),
        ([("# mtu", "mtuu")], "kmf.toml: mtuu: unknown key; did you mean mtu?"),
        ([('"kmf.key"', '"gone.key"')], "gone.key: No such file"),
    ],
)
def test_a_bad_configuration_is_code_2(folder, capsys, changes, says):
    assert main(["kmf", "--config", write(folder, *changes)]) == 2
    assert says in one_line(capsys)


def test_no_configuration_and_a_missing_one_are_code_2(folder, capsys):
    assert main(["kmf"]) == 2
    assert "--config" in one_line(capsys)
    assert main(["kmf", "--config", "none.toml"]) == 2
    assert one_line(capsys) == "perc kmf: none.toml: No such file or directory\n"


def test_a_port_in_use_is_code_3(folder, capsys):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        path = write(folder, ("127.0.0.1:20000", taken))
        assert main(["kmf", "--config", path, "--json"]) == 3
    assert f"UDP {taken} is in use" in one_line(capsys)


def test_an_unwritable_keylog_is_code_2(folder, capsys):
    path = write(folder, ("20000", "0"))
    assert main(["kmf", "--config", path, "--keylog", "no/such/file"]) == 2
    assert "no/such/file" in one_line(capsys)
