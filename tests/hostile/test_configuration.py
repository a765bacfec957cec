# SPDX-License-Identifier: GPL-2.0-only
"""Configuration files that somebody made to hurt: exit code 2 and one line that can be printed."""

from __future__ import annotations

import pytest

from perc_scapy.cli import main

COMMON = 'certificate = "x.pem"\nlisten = "127.0.0.1:0"\n'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = " + "[" * 20000, id="nested-deep"),
        pytest.param("a = " + "1" * 5000, id="long-number"),
        pytest.param("listen = 0x" + "f" * 5000, id="long-hex-number"),
        pytest.param('private_key = "\\u0000.key"\n' + COMMON, id="nul-in-a-path"),
        pytest.param('"\\u001b[2J\\nfake: line\\u0007\\u0000" = 1\n', id="terminal-control"),
        pytest.param("[limits]\ncookie_lifetime = 0x" + "f" * 5000, id="number-beyond-float"),
        pytest.param("duration = 0x" + "f" * 5000, id="duration-beyond-float"),
        pytest.param("a = \x01", id="control-character"),
        pytest.param('[conference]\nid = "x"\n', id="table-for-tables"),
    ],
)
@pytest.mark.parametrize("role", ["kmf", "mdd", "endpoint"])
def test_one_printable_line(role, text, tmp_path, capsys):
    (tmp_path / "x.pem").write_text("no certificate")
    path = tmp_path / "hostile.toml"
    path.write_text(text)
    assert main([role, "--config", str(path)]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.endswith("\n")
    assert err[:-1].isprintable()
    assert err.startswith(f"perc {role}: ")
