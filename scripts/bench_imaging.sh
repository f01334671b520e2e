#!/usr/bin/env bash
# Pictures per CPU second and peak memory beside vipsthumbnail, and PSNR of upscaling; see benches/imaging/main.rs.
#   BENCH_JPEG=photo.jpg BENCH_PHOTOS=folder BENCH_ROUNDS=20 scripts/bench_imaging.sh
set -euo pipefail
cd "$(dirname "$0")/.."

command -v vipsthumbnail >/dev/null || { echo "bench: vipsthumbnail is missing; scripts/setup.sh bench installs it" >&2; exit 2; }
scripts/weights.sh
exec cargo bench --locked --bench imaging
