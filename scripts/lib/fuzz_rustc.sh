#!/usr/bin/env bash
# The compiler of this package for scripts/fuzz: with the coverage that libFuzzer reads, as cargo-fuzz compiles it. Without the
# sanitizer of addresses, which needs a nightly Rust: this code has no `unsafe`.
set -euo pipefail

if [[ " $* " != *" --crate-name "* ]]; then exec "$@"; fi # asked for its version
exec "$@" \
  -Cdebuginfo=0 \
  -Cpasses=sancov-module \
  -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares
