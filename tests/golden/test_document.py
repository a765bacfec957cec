# SPDX-License-Identifier: GPL-2.0-only
"""expect.json: readable, the same after a round trip, refused when it is something else."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.errors import ConfigError
from perc_scapy.golden.document import WIDTH, dump, load, save
from tests.golden.samples import described

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(max_size=9), JSON, max_size=4))
def test_any_document_survives(value: dict) -> None:
    assert json.loads(dump(value)) == value


def test_an_entry_a_line() -> None:
    lines = dump(described("session-setup-2")).splitlines()
    assert '    {"message": "> CLIENT_HELLO", "packet": 1},' in lines
    assert lines[3].startswith('  "SS1-01": 1, "SS1-02": 4, ')
    assert max(map(len, lines)) < WIDTH + 40
    assert len(lines) > 100


def test_written_and_read_again(tmp_path: Path) -> None:
    value = described("session-setup-1")
    save(tmp_path / "expect.json", value)
    assert load(tmp_path / "expect.json") == value


@pytest.mark.parametrize("text", ["", "nothing", "[1]", '{"schema": 2}', "\u00ff{"])
def test_what_is_no_expectation(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ConfigError, match=r"x\.json: .*--update"):
        load(tmp_path / "x.json")


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="cannot write"):
        save(tmp_path, {})
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write"):
        save(tmp_path / "file" / "x.json", {})


def test_a_folder_is_made_for_the_first_expectation(tmp_path: Path) -> None:
    save(tmp_path / "new" / "x.json", {"schema": 1})
    assert load(tmp_path / "new" / "x.json") == {"schema": 1}
