# SPDX-License-Identifier: GPL-2.0-only
"""Forms of a report: text for people; JSON, JUnit and SARIF for machines."""
