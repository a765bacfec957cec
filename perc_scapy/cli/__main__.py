# SPDX-License-Identifier: GPL-2.0-only
"""`python -m perc_scapy.cli` is `perc`."""

import sys

from perc_scapy.cli import main

sys.exit(main())
