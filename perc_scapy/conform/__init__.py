# SPDX-License-Identifier: GPL-2.0-only
"""Captures judged by requirement id.

`judge(analysis, name)` -> `Report` of `Result`s; `rule_book()` has what is judged: one function a requirement, in
`rules/`. `subject` holds what rules share, so that a capture is gone through once; `waivers`, `cases`, `explain` and
`forms` are for `perc check`.
"""

from perc_scapy.conform.judging import judge
from perc_scapy.conform.model import Finding, Report, Result
from perc_scapy.conform.registry import Rule, rule_book

__all__ = ["Finding", "Report", "Result", "Rule", "judge", "rule_book"]
