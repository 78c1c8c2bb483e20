# The release build: without the mock, with compressed copies of its files beside them.
# shellcheck shell=bash

release=$target_dir/dx/oracle-ai/release/web

build_release() {
  # What an earlier build left would be served, and packed, too.
  # Each step says by itself that what is before it was well: where the caller asks whether this failed, `set -e` is off.
  rm -rf "$release" &&
    # The names of functions would be half of the download.
    dx build --web --release --locked --no-default-features --debug-symbols false &&
    node scripts/lib/preload.mjs "$release/public" &&
    node scripts/lib/compress.mjs "$release/public"
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
