# SPDX-License-Identifier: GPL-2.0-only
"""One object for a capture in a notebook or a script: `Capture(path, keys)`, and everything else is a method of it.

`capture`   the capture: packets, filters, ladder, statistics, conformance, explanation, comparison, data frames
`packets`   packets by number and by filter
`cards`     what a notebook shows of them: HTML, and a plain text beside it
"""

from perc_scapy.workbench.capture import Capture

__all__ = ["Capture"]
