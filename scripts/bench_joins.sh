#!/usr/bin/env bash
# How long after its POST a WHEP viewer has the whole of its first key frame: str0m, aiortc and Chromium, 50 joins each.
# See benches/joins/__main__.py for what is measured.
#   BENCH_JOINS=50 scripts/bench_joins.sh
# LUMENCAST=PATH measures that binary, and WHEP_BENCH=PATH joins with that one, instead of building them. More clients are
# arguments, NAME=COMMAND. Everything runs on loopback ports that are free, and nothing is written but below the target
# folder and the temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in ffmpeg chromium; do
  command -v "$tool" >/dev/null || { echo "bench: $tool is missing; scripts/setup.sh bench installs it" >&2; exit 2; }
done
scripts/python.sh

binary=${LUMENCAST:-}
if [ -z "$binary" ]; then
  cargo build --release --locked
  binary=${CARGO_TARGET_DIR:-target}/release/lumencast
fi
join=${WHEP_BENCH:-}
if [ -z "$join" ]; then
  join=$(cargo bench --locked --bench whep --no-run --message-format=json |
    sed -n 's/.*"name":"whep".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
fi
target/python/bin/python -B benches/joins "$(realpath "$binary")" "str0m=env BENCH_JOIN=1 $(realpath "$join")" "$@"
