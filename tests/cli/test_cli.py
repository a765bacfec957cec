# SPDX-License-Identifier: GPL-2.0-only
"""The dispatcher: exit codes, one-line errors, and a help that imports nothing."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import SimpleNamespace

import pytest

from perc_scapy import __version__, cli
from perc_scapy.errors import ConfigError, DecodeError, MissingToolError


def perc(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "perc_scapy.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@pytest.fixture
def command(monkeypatch):
    """Install a command whose `run` does what the test says."""

    def install(run):
        module = SimpleNamespace(__doc__="a test", configure=lambda parser: None, run=run)
        monkeypatch.setitem(cli.COMMANDS, "probe", cli.Command("probe_module", "for a test"))
        monkeypatch.setitem(sys.modules, "probe_module", module)

    return install


def failing(error):
    def run(args):
        raise error

    return run


def test_help_imports_neither_scapy_nor_cryptography():
    check = (
        "import sys; from perc_scapy.cli import main; assert main(['--help']) == 0; "
        "heavy = {'scapy', 'cryptography', 'OpenSSL', 'asyncio', 'json'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    for name in cli.COMMANDS:
        assert f"  {name} " in done.stdout


def test_the_installed_program_and_the_module_say_the_version():
    done = perc("--version")
    assert (done.returncode, done.stdout) == (0, f"perc {__version__}\n")


def test_no_command_is_a_usage_error_that_shows_the_commands(capsys):
    assert cli.main([]) == 2
    assert "kmf" in capsys.readouterr().out


def test_a_mistyped_command_is_answered_with_the_nearest():
    done = perc("endpont")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "perc: no command 'endpont'; did you mean endpoint?\n"
    assert "--help" in perc("xyz").stderr


def test_a_wrong_option_is_one_line():
    done = perc("cert", "--colour")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "perc cert --help" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ConfigError("a.toml: bad\nthing"), 2, "perc probe: a.toml: bad thing\n"),
        (DecodeError("x.pcapng: no capture"), 2, "perc probe: x.pcapng: no capture\n"),
        (MissingToolError("port 5 is in use"), 3, "perc probe: port 5 is in use\n"),
        (FileNotFoundError(2, "No such file or directory", "in.wav"), 2,
         "perc probe: in.wav: No such file or directory\n"),
        (PermissionError(13, "Permission denied", "/etc/x"), 3,
         "perc probe: /etc/x: Permission denied\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)  # fmt: skip
def test_errors_of_people_are_one_line_and_a_code(command, capsys, error, code, line):
    command(failing(error))
    assert cli.main(["probe"]) == code
    assert capsys.readouterr().err == line


def test_a_bug_is_not_hidden(command):
    command(failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["probe"])


def test_the_code_of_a_command_is_the_code_of_the_program(command):
    command(lambda args: cli.ExitCode.UNDECIDABLE)
    assert cli.main(["probe"]) == 4


def test_a_reader_that_goes_away_is_no_error():
    writer = (
        "import sys; from types import SimpleNamespace as N; from perc_scapy import cli; "
        "cli.COMMANDS['probe'] = cli.Command('probe_module', ''); "
        "sys.modules['probe_module'] = N(__doc__='', configure=lambda p: None, "
        "run=lambda a: [print('x' * 1000) for _ in range(1000)] and 0); "
        "sys.exit(cli.main(['probe']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", writer], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("redirection", "says"),
    [
        (">/dev/full", "perc config: standard output: No space left on device\n"),
        (">&-", "perc config: standard output is closed\n"),
    ],
)
def test_output_that_cannot_be_written_is_one_line(redirection, says):
    command = f'"$0" -m perc_scapy.cli config kmf {redirection}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (3, says)


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_explains_itself(name, capsys):
    try:
        importlib.import_module(cli.COMMANDS[name].module)
    except ModuleNotFoundError as error:
        if error.name != cli.COMMANDS[name].module:
            raise
        pytest.fail(f"{error.name} does not exist")
    assert cli.main([name, "--help"]) == 0
    assert f"perc {name}" in capsys.readouterr().out
