# The release build: without the mock, with compressed copies of its files beside them.
# shellcheck shell=bash

# The most that a visitor may have to download: bytes of WebAssembly, JavaScript and CSS in brotli.
readonly largest_page=490000

release=$target_dir/dx/oracle-ai/release/web

build_release() {
  # What an earlier build left would be served, and packed, too.
  # Each step says by itself that what is before it was well: where the caller asks whether this failed, `set -e` is off.
  rm -rf "$release" &&
    dx build --web --release --locked --no-default-features --debug-symbols false &&
    node scripts/lib/preload.mjs "$release/public" &&
    node scripts/lib/compress.mjs "$release/public" "$largest_page"
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
