# Release builds, with compressed copies of the files beside them: the one that people get, and the same with the mocks,
# which the browser suite drives.
# shellcheck shell=bash

# The most that a visitor may have to download: bytes of WebAssembly, JavaScript and CSS in brotli. The budget in
# docs/performance.md, a multiple of an empty Dioxus app, is lower; this keeps the page from growing further.
readonly largest_page=660000

release=$target_dir/app/release
release_with_mock=$target_dir/app/release-with-mock

# For `oracle-ai --version` and the metric oracle_ai_build_info. An image is built without the folder of git, and gets it as an
# argument.
release_revision() {
  [ -n "${SOURCE_REVISION:-}" ] || SOURCE_REVISION=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || true)
  printf '%s' "$SOURCE_REVISION"
}

# The tag of the newest release that this version came from; nothing, if there is none.
newest_release() { git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null || true; }

build_release() { SOURCE_REVISION=$(release_revision) dx_release "$release"; }
build_release_with_mock() {
  with_quick_server dx_release "$release_with_mock" --features mock --cargo-args="--config $own_code_not_optimized"
}

# For the suite: the page is compiled as people get it, and the server, whose speed is measured by scripts/bench alone, with less
# optimization, in less time. Our own code has none: it took most of the time.
own_code_not_optimized='profile.server-release.package.oracle-ai.opt-level=0'
with_quick_server() { CARGO_PROFILE_SERVER_RELEASE_LTO=off CARGO_PROFILE_SERVER_RELEASE_OPT_LEVEL=1 "$@"; } # command...

# dx has one output folder for all release builds. A complete build is moved away from there, so that none is taken for
# another. `&&`, as `set -e` is off where the caller tests for failure.
dx_release() { # folder [options of dx build...]
  local folder=$1 output=$target_dir/dx/oracle-ai/release/web
  shift
  # dx leaves files of earlier builds in it.
  rm -rf "$output" "$folder" &&
    dx build --web --release --locked --no-default-features --debug-symbols false "$@" &&
    node scripts/lib/preload.mjs "$output/public" &&
    node scripts/lib/compress.mjs "$output/public" "$largest_page" &&
    mkdir -p "$(dirname "$folder")" &&
    mv "$output" "$folder"
}

# The dependencies of both halves, compiled as dx does it. dx turns cargo's own stripping off.
build_release_dependencies() {
  cargo build --locked --lib --profile server-release --config profile.server-release.strip=false --target "$host" \
    --no-default-features --features server &&
    RUSTFLAGS=$browser_rustflags cargo build --locked --lib --profile wasm-release \
      --config profile.wasm-release.strip=false --target wasm32-unknown-unknown --no-default-features --features web
}
