#!/usr/bin/env bash
# What RTMP streams nobody watches and readers of one stream cost, beside nginx with its RTMP module in the same run;
# then how many WHEP viewers a core carries. See benches/streams/__main__.py for what is compared.
#   BENCH_STREAMS=10 BENCH_READERS=100 BENCH_SECONDS=20 scripts/bench_streams.sh
# LUMENCAST=PATH measures that binary instead of building one. Everything runs on loopback ports that are free, and
# nothing is written but below the target folder and the temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "bench: $*" >&2
  exit 2
}

PATH="$PATH:/usr/sbin"
module=/usr/lib/nginx/modules/ngx_rtmp_module.so
for tool in ffmpeg python3 nginx; do
  command -v "$tool" >/dev/null || fail "$tool is missing; scripts/setup.sh bench installs it"
done
[ -e "$module" ] || fail "$module is missing; scripts/setup.sh bench installs it"

binary=${LUMENCAST:-}
if [ -z "$binary" ]; then
  cargo build --release --locked
  binary=${CARGO_TARGET_DIR:-target}/release/lumencast
fi
python3 -B benches/streams "$(realpath "$binary")" "$(command -v nginx)"

if cargo read-manifest | grep -q '"kind":\["bench"\],[^}]*"name":"whep"'; then
  cargo bench --locked --bench whep
fi
