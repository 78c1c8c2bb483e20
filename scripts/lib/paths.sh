# Where builds, logs and tools go. Sourced in the checkout's root.
# shellcheck shell=bash

target_dir=${CARGO_TARGET_DIR:-$PWD/target}
bootstrap_log=$target_dir/bootstrap.log
mkdir -p "$target_dir"

# Where cargo installs dx, which may not be on the PATH.
export PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

# dx sends no usage data from this project.
export DX_TELEMETRY_ENABLED=false
