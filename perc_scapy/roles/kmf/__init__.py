# SPDX-License-Identifier: GPL-2.0-only
"""The KMF (RFC 8871: Key Distributor): admission, handshakes, hop keys, EKT keys."""
