# SPDX-License-Identifier: GPL-2.0-only
"""Property tests here judge results, never how long a busy machine takes."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
