#!/usr/bin/env bash
# Makes target/python: a Python with aiortc, LiveKit and sacn, peers that others wrote, and moto, a service with the S3 API, for
# tests. Does nothing when it is there.
# Needs the Debian packages python3 and python3-venv.
set -euo pipefail
cd "$(dirname "$0")/.."

place=target/python
packages=(aiortc==1.16.0 av==18.1.0 livekit-api==1.2.2 "moto[server]==5.2.5" sacn==1.11.0)

# Tests that run at the same time wait for one another here.
mkdir -p target
exec 9>target/.python.lock
flock 9

if [ "$(cat "$place/.packages" 2>/dev/null)" != "${packages[*]}" ]; then
  python3 -m venv --clear "$place"
  "$place/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"
  printf '%s' "${packages[*]}" >"$place/.packages"
fi
