# SPDX-License-Identifier: GPL-2.0-only
"""One function a requirement, by subject. Each yields a `Finding` for everything that it looks at."""
