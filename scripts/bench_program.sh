#!/usr/bin/env bash
# CPU seconds per 10 s of 1080p30 program beside ffmpeg and gst-launch; see benches/program/main.rs for what is compared.
#   BENCH_ROUNDS=3 scripts/bench_program.sh
# It pushes over loopback on ports that are free, and writes only below the target folder and the temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in ffmpeg ffprobe gst-launch-1.0; do
  command -v "$tool" >/dev/null || { echo "bench: $tool is missing; make setup installs it" >&2; exit 2; }
done
exec cargo bench --locked --bench program
