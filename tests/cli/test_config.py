# SPDX-License-Identifier: GPL-2.0-only
"""`perc config ROLE > file` is a file that `perc ROLE --config file` takes."""

from __future__ import annotations

import pytest

from perc_scapy.cli import main
from perc_scapy.cli.config import ROLES
from perc_scapy.net.config import load_endpoint, load_kmf, load_mdd

LOADERS = {"kmf": load_kmf, "mdd": load_mdd, "endpoint": load_endpoint}


@pytest.mark.parametrize("role", ROLES)
def test_the_example_loads_as_it_is(folder, capsys, role):
    assert main(["config", role]) == 0
    (folder / "x.toml").write_text(capsys.readouterr().out)
    assert LOADERS[role](folder / "x.toml").role is not None


def test_an_unknown_role_is_one_line(capsys):
    assert main(["config", "king"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "king" in said
