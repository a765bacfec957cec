# SPDX-License-Identifier: GPL-2.0-only
"""Install, again, update, uninstall; and never a file that is not ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.wireshark.generate import SCRIPT
from perc_scapy.wireshark.install import install, plugin_folder, uninstall, usual_folder
from tests.project.tree import ROOT
from tests.wireshark.tshark import run, with_script


def test_install_is_idempotent_and_can_be_undone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "plugins"
    assert install(folder) == "installed"
    assert (folder / "perc.lua").read_bytes() == SCRIPT.read_bytes()
    assert install(folder) == "unchanged"
    assert [p.name for p in folder.iterdir()] == ["perc.lua"]
    assert uninstall(folder) == "removed"
    assert uninstall(folder) == "not there"
    assert list(folder.iterdir()) == []


def test_an_older_script_of_ours_is_replaced(tmp_path: Path) -> None:
    lines = SCRIPT.read_text().splitlines()
    (tmp_path / "perc.lua").write_text("\n".join(lines[:20]))
    assert install(tmp_path) == "updated"
    assert (tmp_path / "perc.lua").read_bytes() == SCRIPT.read_bytes()


@pytest.mark.parametrize("act", [install, uninstall])
def test_a_foreign_file_stays(tmp_path: Path, act) -> None:
    theirs = tmp_path / "perc.lua"
    theirs.write_text("-- the Linux perf counters\n")
    with pytest.raises(ConfigError, match=r"not written by perc-scapy.*--dir"):
        act(tmp_path)
    assert theirs.read_text() == "-- the Linux perf counters\n"


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot"):
        install(tmp_path / "file" / "plugins")


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"HOME": "/h"}, "/h/.local/lib/wireshark/plugins"),
        ("darwin", {"HOME": "/h"}, "/h/.local/lib/wireshark/plugins"),
        ("win32", {"APPDATA": "/app"}, "/app/Wireshark/plugins"),
    ],
)
def test_usual_folders(platform: str, environ: dict[str, str], expected: str) -> None:
    assert usual_folder(environ, platform) == Path(expected)


def test_a_plugin_folder_beside_the_configuration_is_used_where_it_exists(tmp_path: Path) -> None:
    beside = tmp_path / "xdg" / "wireshark" / "plugins"
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert usual_folder(environ, "linux") == tmp_path / ".local/lib/wireshark/plugins"
    beside.mkdir(parents=True)
    assert usual_folder(environ, "linux") == beside


def test_without_tshark_the_usual_folder(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path)}
    assert plugin_folder(environ, "linux") == tmp_path / ".local/lib/wireshark/plugins"


@pytest.mark.tool("tshark")
def test_tshark_loads_what_was_installed(tmp_path: Path) -> None:
    """The folder that it names is the one that it loads from: no -X option here."""
    environ = os.environ | {"HOME": str(tmp_path)}
    folder = plugin_folder(environ)
    assert tmp_path in folder.parents
    install(folder)
    listed = run(["tshark", "-G", "plugins"], home=tmp_path)
    assert str(folder / "perc.lua") in listed
    capture = ROOT / "captures" / "session-setup-1" / "trace.pcapng"
    wanted = with_script(capture, "-V")
    assert "PERC in DTLS" in wanted
    assert run(["tshark", "-n", "-r", str(capture), "-V"], home=tmp_path) == wanted
    assert with_script(capture, "-V", home=tmp_path) == wanted  # loaded twice, registered once
