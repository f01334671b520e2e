# Lumencast: `make run` on a bare Debian 12 with Rust installs what is missing, builds, and starts the demo.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Node.js that scripts/setup.sh fetched goes first; cargo as rustup leaves it is found without a new login.
export PATH := $(CURDIR)/target/tools/node_modules/.bin:$(PATH):$(HOME)/.cargo/bin

TARGET := $(or $(CARGO_TARGET_DIR),target)
RUN_BIN := $(TARGET)/quick/lumencast
# What `make run` passes to `lumencast serve`.
ARGS ?= --demo

WEB := $(wildcard web/package.json)
WEB_DIST := $(if $(WEB),web/dist/index.html)
WEB_MODULES := web/node_modules/.package-lock.json
WEB_SOURCES := $(if $(WEB),$(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' \
	-not -path 'web/test/*'))

.PHONY: help
help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

.PHONY: run
run: setup $(WEB_DIST) ## install what is missing, build, and start the demo (ARGS=... for other options of serve)
	@[ -e $(RUN_BIN) ] || echo 'run: the first build compiles about 480 crates: ten minutes or so on 2 cores, less on more;' \
		'a later one takes seconds. Each crate is named as it is begun.'
	cargo build --profile quick --locked
	$(RUN_BIN) serve $(ARGS)

.PHONY: build
build: setup $(WEB_DIST) ## build the server with its pages, fully optimised: target/release/lumencast
	cargo build --release --locked

.PHONY: web
web: setup $(WEB_DIST) ## build the pages, if their sources changed

.PHONY: test
test: setup-test $(WEB_DIST) ## run all tests
	$(if $(WEB),npm --prefix web test)
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$$((2 * $$(nproc)))} cargo test --locked

.PHONY: lint
lint: setup $(WEB_DIST) ## check formatting and lints; warnings are errors
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	$(if $(WEB),npm --prefix web run lint)

.PHONY: bench
bench: build setup-bench ## run the benches that compare with a peer
	@shopt -s nullglob; benches=(scripts/bench_*.sh); \
	[ $${#benches[@]} -gt 0 ] || { echo 'bench: there is no scripts/bench_*.sh' >&2; exit 1; }; \
	for bench in "$${benches[@]}"; do "$$bench"; done

.PHONY: setup
setup: ## install what building and running needs, if missing
	@scripts/setup.sh run

.PHONY: setup-test
setup-test:
	@scripts/setup.sh test

.PHONY: setup-bench
setup-bench:
	@scripts/setup.sh bench

.PHONY: clean
clean: ## remove what was built (not ./data)
	cargo clean
	rm -rf web/dist web/node_modules

$(WEB_MODULES): web/package.json web/package-lock.json | setup
	npm --prefix web ci --no-audit --no-fund

# Vite writes index.html anew at each build.
web/dist/index.html: $(WEB_SOURCES) $(WEB_MODULES)
	npm --prefix web run build
