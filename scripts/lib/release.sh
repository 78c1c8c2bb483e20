# The release build: without the mock, with compressed copies of its files beside them.
# shellcheck shell=bash

. scripts/lib/dx.sh

# Bytes of WebAssembly that a visitor may have to download.
readonly largest_wasm=430000

release=$target_dir/dx/oracle-ai/release/web

build_release() {
  # What an earlier build left would be served, and packed, too.
  # Each step says by itself that what is before it was well: where the caller asks whether this failed, `set -e` is off.
  rm -rf "$release" &&
    # With the names of functions: by them slim.mjs finds what it cuts out, and then they are gone. What else is for
    # debugging would stay.
    dx build --web --release --locked --no-default-features --keep-names --debug-symbols false &&
    node scripts/lib/slim.mjs "$release/public" "$binaryen" &&
    node scripts/lib/preload.mjs "$release/public" &&
    node scripts/lib/compress.mjs "$release/public" "$largest_wasm"
}

# The server's program: dx has called it one or the other.
release_server() {
  local name
  for name in oracle-ai server; do
    if [ -x "$release/$name" ]; then
      printf '%s\n' "$release/$name"
      return
    fi
  done
  return 1
}
