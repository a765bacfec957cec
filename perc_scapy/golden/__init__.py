# SPDX-License-Identifier: GPL-2.0-only
"""Captures kept as regression tests: what one shows (`expectation`), how two differ, folders, and a pytest plugin."""
