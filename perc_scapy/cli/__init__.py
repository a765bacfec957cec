# SPDX-License-Identifier: GPL-2.0-only
"""The `perc` command. A command is one row of `COMMANDS` and one module with two functions:

`configure(parser)` adds its options; `run(args) -> int` does the work and returns an exit code of `ExitCode`.
Modules are imported only when their command is called, and import Scapy or cryptography only inside `run`.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple, NoReturn

from perc_scapy import __version__
from perc_scapy.cli.terminal import printable, writing_stdout
from perc_scapy.errors import ConfigError, MissingToolError, PercError


class ExitCode(IntEnum):
    """What the shell sees."""

    OK = 0
    FINDING = 1
    """A mismatch, or something found."""
    USAGE = 2
    """Usage, configuration, missing file."""
    ENVIRONMENT = 3
    """The machine lacks something: port in use, program absent."""
    UNDECIDABLE = 4
    """Keys are missing."""
    INTERRUPTED = 130


class Command(NamedTuple):
    module: str
    help: str


COMMANDS = {
    "demo": Command(
        "perc_scapy.cli.demo", "run a whole conference on loopback and show its ladder"
    ),
    "kmf": Command("perc_scapy.cli.kmf", "key management function (Key Distributor)"),
    "mdd": Command("perc_scapy.cli.mdd", "media distribution device (Media Distributor)"),
    "endpoint": Command(
        "perc_scapy.cli.endpoint", "participant: sends a WAV, records what it hears"
    ),
    "dissect": Command(
        "perc_scapy.cli.dissect", "show the packets of a capture, decrypted with keys"
    ),
    "explain": Command("perc_scapy.cli.explain", "say why something in a capture did not open"),
    "diff": Command("perc_scapy.cli.diff", "compare two captures of the same conversation"),
    "decrypt": Command(
        "perc_scapy.cli.decrypt", "write the media of a capture in clear: RTP, WAV, Ogg, video"
    ),
    "check": Command(
        "perc_scapy.cli.check", "judge captures by the requirements of the specifications"
    ),
    "keys": Command("perc_scapy.cli.keys", "list, add, extract or strip the secrets of a capture"),
    "export": Command(
        "perc_scapy.cli.export", "turn many captures into Parquet tables: DuckDB, Polars, pandas"
    ),
    "wireshark": Command(
        "perc_scapy.cli.wireshark", "install the dissector for Wireshark, made from the same layers"
    ),
    "cert": Command("perc_scapy.cli.cert", "make a private key and a self-signed certificate"),
    "config": Command("perc_scapy.cli.config", "print a commented example configuration"),
}
"""Name -> module and one line of help, in the order of `perc --help`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what a person did wrong becomes one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        _need_stdout()
        code = _dispatch(arguments)
        with writing_stdout():
            return code
    except SystemExit as stop:  # argparse: --help and usage errors
        return stop.code if isinstance(stop.code, int) else ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _reader_went_away()
    except (PercError, OSError) as error:
        name = f"perc {arguments[0]}" if arguments and arguments[0] in COMMANDS else "perc"
        unwritable = _stdout_problem()
        print(f"{name}: {unwritable or one_line(error)}", file=sys.stderr)
        return exit_code_of(error)


def _need_stdout() -> None:
    """Started with it closed (`>&-`), the next file opened would take its place."""
    if sys.stdout is None:
        raise MissingToolError("standard output is closed")


def _stdout_problem() -> str:
    """What is left in the buffer cannot be written: say so, and leave nothing that fails again at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        _reader_went_away()
        return f"standard output: {error.strerror}"
    return ""


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return ExitCode.OK if arguments else ExitCode.USAGE
    if arguments[0] in ("-V", "--version"):
        print(f"perc {__version__}")
        return ExitCode.OK
    command = COMMANDS.get(arguments[0])
    if command is None:
        raise ConfigError(_unknown(arguments[0]))
    module = importlib.import_module(command.module)
    parser = Parser(
        prog=f"perc {arguments[0]}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    return int(module.run(parser.parse_args(arguments[1:])))


class Parser(argparse.ArgumentParser):
    """argparse whose usage error is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def overview() -> str:
    """What `perc --help` prints."""
    width = max(map(len, COMMANDS)) + 2
    rows = [f"  {name:<{width}}{command.help}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: perc COMMAND [options]",
            "",
            "Privacy-Enhanced RTP Conferencing: run it, look at it, judge it.",
            "",
            *rows,
            "",
            "perc COMMAND --help shows the options of a command; perc --version the version.",
            "exit codes: 0 ok, 1 mismatch or finding, 2 usage or configuration, 3 environment,",
            "            4 undecidable (keys missing), 130 interrupted",
        ]
    )


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else "perc --help lists the commands"
    return f"no command {name!r}; {hint}"


def one_line(error: BaseException) -> str:
    """What, where and what to do, without line breaks and whatever else would move a terminal's cursor."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    text = " ".join(text.split()) or type(error).__name__
    return printable(text)


def exit_code_of(error: BaseException) -> int:
    """The exit code that an error ends a command with."""
    if isinstance(error, MissingToolError):
        return ExitCode.ENVIRONMENT
    if isinstance(error, OSError):
        by_user = (FileNotFoundError, IsADirectoryError, NotADirectoryError, FileExistsError)
        return ExitCode.USAGE if isinstance(error, by_user) else ExitCode.ENVIRONMENT
    return ExitCode.USAGE


def _reader_went_away() -> int:
    """`perc … | head`: nobody reads on. Give the interpreter something it can flush at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK
