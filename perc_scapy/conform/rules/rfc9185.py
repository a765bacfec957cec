# SPDX-License-Identifier: GPL-2.0-only
"""Tunnels of RFC 9185: TLS, SupportedProfiles first, MediaKeys behind the handshake, disconnects answered."""
