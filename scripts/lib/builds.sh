# How the two halves of the app are compiled: as dx compiles them, so that dx, clippy and the tests share
# what they can (dx builds the server with profile server-dev, the browser's half with wasm-dev).
# shellcheck shell=bash

host=$(rustc -vV | sed -n 's/^host: //p')
server=(--locked --profile server-dev --target "$host" --no-default-features --features "server mock")
browser=(--locked --profile wasm-dev --target wasm32-unknown-unknown --no-default-features --features web)
app=$target_dir/dx/oracle-ai/debug/web

# What dx adds for the browser's half.
browser_rustflags='--cfg getrandom_backend="wasm_js"'
