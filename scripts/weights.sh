#!/usr/bin/env bash
# Makes target/weights/esrgan-slim: the network that doubles pictures (ESRGAN slim 2x of UpscalerJS, MIT), from the npm
# registry, which is what vouches for the bytes. Does nothing when it is there. Without it, or without a network to fetch
# it from, pictures are upscaled by an edge-directed method instead.
# Needs npm and tar.
set -euo pipefail
cd "$(dirname "$0")/.."

place=target/weights/esrgan-slim
package=@upscalerjs/esrgan-slim
version=1.0.0
integrity=sha512-DXtwn5SE71+pZKluN/hGeLaZv6ZylyFQYSvMqU08kKCEA5Y9Q1cIIk4EvPTPZw8VqGi2C6F02c8OjhtId4BK2w==

if [ "$(cat "$place/.version" 2>/dev/null)" = "$version" ]; then
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "$package@$version" >/dev/null
archive=("$work"/*.tgz)
found=sha512-$(openssl dgst -sha512 -binary "${archive[0]}" | base64 -w0)
if [ "$found" != "$integrity" ]; then
  printf 'weights: %s %s is not what it was: %s\n' "$package" "$version" "$found" >&2
  exit 2
fi
tar -xzf "${archive[0]}" -C "$work" package/models/x2 package/LICENSE
mkdir -p "$place"
cp "$work"/package/models/x2/* "$work/package/LICENSE" "$place/"
printf '%s' "$version" >"$place/.version"
