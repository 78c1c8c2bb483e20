# How cargo compiles the two halves of the app for checks and tests: with the profiles and features of `dx serve`, so
# that they share compiled dependencies with it.
# shellcheck shell=bash

host=$(rustc -vV | sed -n 's/^host: //p')
server=(--locked --profile server-dev --target "$host" --no-default-features --features "dev mock server")
browser=(--locked --profile wasm-dev --target wasm32-unknown-unknown --no-default-features --features web)

# dx adds it for the browser's half.
browser_rustflags='--cfg getrandom_backend="wasm_js"'

# The production server without its page, for checks of what it refuses. It shares compiled dependencies with the browser suite's
# build, in which dx turns cargo's own stripping off.
production_server=$target_dir/$host/server-release/oracle-ai
build_production_server() {
  with_quick_server cargo build --locked --profile server-release --config profile.server-release.strip=false \
    --config "$own_code_not_optimized" --target "$host" --no-default-features --features server
}
