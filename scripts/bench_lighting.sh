#!/usr/bin/env bash
# What 64 universes of sACN cost at 60 frames a second, and how evenly they leave, beside the package sacn of Python in
# the same run; see benches/lighting/main.rs.
#   BENCH_SECONDS=15 scripts/bench_lighting.sh
# Everything goes to a free port on loopback. Needs what scripts/setup.sh bench installs.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v python3 >/dev/null || { echo "bench: python3 is missing; scripts/setup.sh bench installs it" >&2; exit 2; }
scripts/python.sh
exec env BENCH_PYTHON="$PWD/target/python/bin/python" cargo bench --locked --bench lighting
