# A Rust toolchain that builds for this machine and for wasm.
# shellcheck shell=bash

c_compiler() {
  have cc || debian_packages "A C compiler" "Install gcc or clang." gcc libc6-dev
  say "C compiler" "$(cc --version | head -n 1)"
}

rust_toolchain() {
  have cargo || die "There is no Rust toolchain." "Install rustup (https://rustup.rs) and run this script again."
  wasm_target
  # rustup's minimal profile lacks them.
  { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1 ||
    must "rustup component add clippy rustfmt" rustup component add clippy rustfmt
  say rust "$(rustc --version)"
}

wasm_target() {
  local active
  active=$(rustc --print sysroot)
  if [ "$active" = /usr ]; then
    debian_rust
  elif has_wasm_library "$active"; then
    say "wasm target" "rustup's, found"
    return
  elif debian_rust_ready; then
    debian_rust
  elif have rustup && attempt 180 rustup target add wasm32-unknown-unknown && has_wasm_library "$active"; then
    say "wasm target" "rustup's, added"
    return
  else
    say "wasm target" "not available from rustup ($bootstrap_log); trying Debian's"
    debian_rust
  fi
  has_wasm_library "$(rustc --print sysroot)" ||
    die "The toolchain in use here is not the one that can build for wasm." \
      "Unset RUSTUP_TOOLCHAIN, or run: rustup target add wasm32-unknown-unknown"
  say "wasm target" "Debian's rustc-web, standard library built here"
}

has_wasm_library() { # sysroot
  compgen -G "$1/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null
}
