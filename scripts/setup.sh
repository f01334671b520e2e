#!/usr/bin/env bash
# Installs what is missing to build, run or test Lumencast on Debian 12. Installs nothing that is there already.
#   scripts/setup.sh [run|test|bench]
set -euo pipefail
cd "$(dirname "$0")/.."

# What building and running needs, and the tools the guides use.
run_packages=(
  build-essential cmake nasm pkg-config ca-certificates
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-nice gstreamer1.0-alsa libsrt1.5-gnutls
  ffmpeg fonts-dejavu-core fonts-noto-color-emoji curl jq openssl
)
# What only tests need.
test_packages=(chromium python3 python3-venv python3-gi gir1.2-gst-rtsp-server-1.0 postgresql iproute2)
# The Open Lighting Architecture, a peer of the lighting tests; they start an olad of their own.
ola_packages=(ola)
# The broker of the home automation's tests; they start one of their own.
broker_packages=(mosquitto)
# What only benchmarks need: the peers of scripts/bench_*.sh.
bench_packages=(chromium python3 python3-venv nginx-light libnginx-mod-rtmp libvips-tools)
# For the operator's pages, when no Node.js is there at all.
node_packages=(nodejs npm)
# Node.js of our own, when the one at hand is too old for the build of the pages (Debian 12 has 18).
tools=target/tools
node_release=22

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 2
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install PACKAGE...: those that are missing.
install() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is no Debian; see to it that you have what these packages hold: $*"
    return
  fi
  local missing=() package
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    return
  fi
  command -v apt-get >/dev/null || fail "no apt-get here; install these packages: ${missing[*]}"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      fail "not root, and no sudo without a password; run: sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  "${root[@]}" apt-get -q update || fail "apt-get update failed; these packages are missing: ${missing[*]}"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install these packages: ${missing[*]}"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Whatever package it came with: olad is of the package ola.
has_service() { [ -e "/etc/init.d/$1" ] || [ -e "/lib/systemd/system/$1.service" ]; }

# install_stopped SERVICE PACKAGE...: those that are missing, without their service being started now or at boot. A
# service that was there before stays as it is.
install_stopped() {
  local service=$1 policy=/usr/sbin/policy-rc.d ours=
  shift
  if has_service "$service" || ! command -v apt-get >/dev/null; then
    install "$@"
    return
  fi
  # Asked before a package starts its service; 101 forbids it. Without the right to write it, install says what to do.
  if [ ! -e "$policy" ] && printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null 2>&1; then
    ours=yes
    trap 'as_root rm -f '"$policy" EXIT
    as_root chmod 755 "$policy"
  fi
  install "$@"
  if [ -n "$ours" ]; then
    as_root rm -f "$policy"
    trap - EXIT
  fi
  if command -v systemctl >/dev/null; then
    as_root systemctl --quiet disable "$service" || say "$service may start at boot; see systemctl disable"
  fi
}

# check_cargo: the version that Cargo.toml asks for, or newer.
check_cargo() {
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  command -v cargo >/dev/null ||
    fail "no cargo; Rust $wanted or newer is needed: https://rustup.rs"
  found=$(cargo --version | cut -d' ' -f2) || fail "cargo does not run; Rust $wanted or newer is needed"
  printf '%s\n%s\n' "$wanted" "$found" | sort -CV ||
    fail "cargo $found is too old; Rust $wanted or newer is needed: rustup update stable"
}

# node_will_do: 20.19 or newer in 20, or 22.12 or newer, which is what Vite asks for.
node_will_do() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
             process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'
}

# check_node: a Node.js that can build the pages. The npm registry has it as a package, so an old npm can fetch it.
check_node() {
  PATH="$PWD/$tools/node_modules/.bin:$PATH"
  if node_will_do; then
    return
  fi
  command -v npm >/dev/null || install "${node_packages[@]}"
  if node_will_do; then
    return
  fi
  command -v npm >/dev/null || fail "no npm; install Node.js $node_release with npm"
  say "Node.js $(node --version 2>/dev/null || echo none) is too old for the pages; fetching $node_release into $tools"
  mkdir -p "$tools"
  npm install --prefix "$tools" --no-save --no-audit --no-fund --loglevel=error \
    "node@$node_release" npm@10 ||
    fail "could not fetch Node.js $node_release; install it with npm and run this again"
  hash -r
  node_will_do || fail "Node.js $(node --version) is still too old; install $node_release"
}

case "${1:-run}" in
  run) install "${run_packages[@]}" ;;
  test)
    install "${run_packages[@]}"
    install_stopped postgresql "${test_packages[@]}"
    install_stopped olad "${ola_packages[@]}"
    install_stopped mosquitto "${broker_packages[@]}"
    ;;
  bench)
    install "${run_packages[@]}"
    install_stopped nginx "${bench_packages[@]}"
    ;;
  *) fail "unknown argument '$1'; use run, test or bench" ;;
esac
check_cargo
if [ -e web/package.json ]; then
  check_node
fi
if ! command -v npm >/dev/null; then
  install "${node_packages[@]}"
fi
scripts/weights.sh || say "no weights for upscaling; pictures grow by the edge-directed method until scripts/weights.sh succeeds"
if [ "${1:-run}" = test ]; then
  scripts/python.sh
fi
