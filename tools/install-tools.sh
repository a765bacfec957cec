#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs the independent programs that the interop tests meet. Without root or apt it says so and
# goes on: the tests that need a missing program are skipped by name and counted.
set -u
missing=""
command -v tshark     >/dev/null 2>&1 || missing="$missing tshark"
command -v gnutls-cli >/dev/null 2>&1 || missing="$missing gnutls-bin"
command -v openssl    >/dev/null 2>&1 || missing="$missing openssl"
command -v ffmpeg     >/dev/null 2>&1 || missing="$missing ffmpeg"
command -v lua5.2     >/dev/null 2>&1 || missing="$missing lua5.2"
command -v lua5.4     >/dev/null 2>&1 || missing="$missing lua5.4"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "==> not installed (needs root and apt):$missing; their tests will be skipped"
  exit 0
fi
echo "==> installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null 2>&1
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 ||
  echo "==> apt-get could not install$missing; their tests will be skipped"
exit 0
