# SPDX-License-Identifier: GPL-2.0-only
"""`python -m perc_scapy` is `perc`."""

import sys

from perc_scapy.cli import main

if __name__ == "__main__":
    sys.exit(main())
