# SPDX-License-Identifier: GPL-2.0-only
"""A missing library is named with what brings it."""

from __future__ import annotations

import sys

import pytest

from perc_scapy.errors import MissingToolError
from perc_scapy.tables.extras import EXTRA, need


def test_what_is_there_is_imported() -> None:
    assert need("pyarrow.parquet").__name__ == "pyarrow.parquet"


@pytest.mark.parametrize(("library", "extra"), EXTRA.items())
def test_what_is_absent_is_named(library: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    for name in [n for n in sys.modules if n.startswith(library + ".")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(
        MissingToolError, match=rf"{library} is not installed.*perc-scapy\[{extra}\]"
    ):
        need(library)


def test_a_library_that_lacks_a_module_of_its_own_is_a_mistake_of_ours() -> None:
    with pytest.raises(ModuleNotFoundError):
        need("pyarrow.no_such_module")
