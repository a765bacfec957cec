# SPDX-License-Identifier: GPL-2.0-only
"""The endpoint: keys from the KMF, double SRTP media with EKT, RTCP reports."""
