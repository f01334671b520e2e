#!/usr/bin/env bash
# Makes target/python: a Python with aiortc, a WebRTC peer that others wrote, for tests. Does nothing when it is there.
# Needs the Debian packages python3 and python3-venv.
set -euo pipefail
cd "$(dirname "$0")/.."

place=target/python
packages=(aiortc==1.16.0 av==18.1.0)

if [ "$(cat "$place/.packages" 2>/dev/null)" != "${packages[*]}" ]; then
  python3 -m venv --clear "$place"
  "$place/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"
  printf '%s' "${packages[*]}" >"$place/.packages"
fi
