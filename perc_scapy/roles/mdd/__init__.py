# SPDX-License-Identifier: GPL-2.0-only
"""The MDD (RFC 8871: Media Distributor): blind relay of DTLS, hop keys, forwarding of media."""
