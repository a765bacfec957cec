# SPDX-License-Identifier: GPL-2.0-only
"""An error in two forms."""

from perc_scapy.errors import ConfigError
from perc_scapy.view.filters.errors import FilterError


def test_forms() -> None:
    error = FilterError("no field 'x'", "a\tx == 1", 2, 3)
    assert isinstance(error, ConfigError)
    assert str(error) == "no field 'x' (at character 3)"
    assert error.pointer == "a x == 1\n  ^"
