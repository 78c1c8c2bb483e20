# Where builds, logs and tools go. Sourced in the checkout's root.
# shellcheck shell=bash

target_dir=${CARGO_TARGET_DIR:-$PWD/target}
bootstrap_log=$target_dir/bootstrap.log
mkdir -p "$target_dir"

# Where cargo installs dx: not on everybody's PATH.
export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

# Nothing about this project is for dx to report home.
export DX_TELEMETRY_ENABLED=false
