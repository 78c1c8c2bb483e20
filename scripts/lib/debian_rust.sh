# Debian's Rust as a rustup toolchain named `distro` that builds for wasm.
# Debian has the compiler and the standard library's source, but not the library for wasm, which is built here, once.
# shellcheck shell=bash

readonly distro_rustlib=/usr/lib/rustlib
readonly distro_wasm=$distro_rustlib/wasm32-unknown-unknown
readonly distro_llvm=19

debian_rust() {
  debian_packages "A Rust toolchain for wasm" "Run: rustup target add wasm32-unknown-unknown" \
    rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web "lld-$distro_llvm" "llvm-$distro_llvm"
  wasm_library_fits || build_wasm_library
  llvm_links
  use_distro_toolchain
}

debian_rust_ready() { wasm_library_fits && rustup run distro rustc --version >/dev/null 2>&1; }

# Complete, and built by the compiler that is installed now?
wasm_library_fits() {
  [ -f "$distro_wasm/built-by" ] && [ "$(cat "$distro_wasm/built-by")" = "$(/usr/bin/rustc -vV)" ]
}

build_wasm_library() {
  say "wasm target" "building the standard library (a minute or two, once)"
  local build staged=$distro_wasm.staged
  build=$(mktemp -d)
  mkdir "$build/src" "$build/lib"
  printf '[package]\nname = "dummy"\nedition = "2024"\n[workspace]\n' >"$build/Cargo.toml"
  : >"$build/src/lib.rs"

  # On a stable compiler, -Zbuild-std needs RUSTC_BOOTSTRAP; LTO needs bitcode in the library.
  (
    cd "$build" || exit
    unset CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
    export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS="-C embed-bitcode=yes" CARGO_TARGET_DIR=$build/target
    must "Building the wasm standard library" /usr/bin/cargo build --release \
      -Zbuild-std=std,panic_abort,proc_macro,test --target wasm32-unknown-unknown
  )
  cp "$build"/target/wasm32-unknown-unknown/release/deps/lib*.rlib "$build/lib/"
  rm -f "$build"/lib/libdummy-*
  /usr/bin/rustc -vV >"$build/built-by"

  # Staged beside its place and then moved, so that an interrupted run leaves nothing that looks finished.
  as_root rm -rf "$staged" "$distro_wasm"
  as_root mkdir -p "$staged"
  as_root cp -r "$build/lib" "$build/built-by" "$staged/"
  as_root chmod -R a+rX "$staged"
  as_root mv "$staged" "$distro_wasm"

  # Code that was compiled against another standard library can't be linked with this one.
  rm -rf "$build" "$target_dir/wasm32-unknown-unknown"
}

# rustc and dx look for LLVM's tools in the sysroot, under Rust's own names.
llvm_links() {
  local bin
  bin=$distro_rustlib/$(/usr/bin/rustc -vV | sed -n 's/^host: //p')/bin
  if [ -x "$bin/rust-lld" ] && [ -x "$bin/rust-objcopy" ] && [ -x "$bin/gcc-ld/wasm-ld" ]; then return; fi
  as_root mkdir -p "$bin/gcc-ld"
  as_root ln -sf "/usr/bin/lld-$distro_llvm" "$bin/rust-lld"
  as_root ln -sf "/usr/bin/llvm-objcopy-$distro_llvm" "$bin/rust-objcopy"
  as_root ln -sf "/usr/bin/wasm-ld-$distro_llvm" "$bin/gcc-ld/wasm-ld"
}

# The override makes plain `cargo` and `dx` use it in this checkout; without rustup they use it anyway.
use_distro_toolchain() {
  have rustup || return 0
  rustup run distro rustc --version >/dev/null 2>&1 || must "rustup toolchain link" rustup toolchain link distro /usr
  [ "$(rustc --print sysroot)" = /usr ] || must "rustup override set" rustup override set distro
}
