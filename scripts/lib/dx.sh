# The Dioxus CLI and the three tools it runs, installed where it looks for them.
# shellcheck shell=bash

# The versions that dx 0.7.9 is pinned to; the other versions come from Cargo.lock.
readonly esbuild_version=0.27.3
readonly binaryen_version=129

if [ "$(uname)" = Darwin ]; then
  dx_home=${DX_HOME:-$HOME/.dx}
else
  dx_home=${DX_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/.dx}
fi
readonly dx_tools=$dx_home/tools

dioxus_cli() {
  dx_itself
  wasm_bindgen
  esbuild
  wasm_opt
}

# dx and the dioxus crate must be of one version.
dx_itself() {
  local version
  version=$(locked_version dioxus)
  case $(dx --version 2>/dev/null || true) in
  "dioxus $version" | "dioxus $version "*)
    say dx "$version, found"
    return
    ;;
  esac
  if binstall "dioxus-cli@$version"; then
    say dx "$version, by cargo binstall"
    return
  fi
  pkg-config --exists openssl 2>/dev/null || ! have apt-get ||
    debian_packages "What dioxus-cli is built with" "Install OpenSSL's headers and pkg-config." libssl-dev pkg-config
  say dx "compiling $version (about ten minutes on two cores, once)"
  # It mostly runs other programs, so it need not be the quickest itself.
  must "cargo install dioxus-cli" env CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
    cargo install dioxus-cli --version "$version" --locked --force
  say dx "$version, compiled"
}

wasm_bindgen() {
  local version home
  version=$(locked_version wasm-bindgen)
  home=$dx_tools/wasm-bindgen-$version
  if [ "$("$home/wasm-bindgen" --version 2>/dev/null)" = "wasm-bindgen $version" ]; then
    say wasm-bindgen "$version, found"
    return
  fi
  if binstall --no-track --install-path "$home" "wasm-bindgen-cli@$version"; then
    say wasm-bindgen "$version, by cargo binstall"
    return
  fi
  say wasm-bindgen "compiling $version (a few minutes, once)"
  # Not --locked: its lock file may name releases that a registry's mirror lacks.
  must "cargo install wasm-bindgen-cli" cargo install wasm-bindgen-cli --version "$version" \
    --bin wasm-bindgen --no-track --force --root "$home/build"
  mv "$home/build/bin/wasm-bindgen" "$home/wasm-bindgen"
  rm -rf "$home/build"
  say wasm-bindgen "$version, compiled"
}

esbuild() {
  local home=$dx_tools/esbuild-$esbuild_version
  if [ "$("$home/esbuild" --version 2>/dev/null)" = "$esbuild_version" ]; then
    say esbuild "$esbuild_version, found"
    return
  fi
  npm_package "esbuild@$esbuild_version" "$home"
  ln -sf node_modules/esbuild/bin/esbuild "$home/esbuild"
  say esbuild "$esbuild_version, from npm"
}

wasm_opt() {
  local home=$dx_tools/binaryen-$binaryen_version
  if works "$home/bin/wasm-opt"; then
    say wasm-opt "$binaryen_version, found"
    return
  fi
  npm_package "binaryen@$binaryen_version" "$home"
  mkdir -p "$home/bin"
  ln -sf ../node_modules/binaryen/bin/wasm-opt "$home/bin/wasm-opt"
  say wasm-opt "$binaryen_version, from npm"
}

works() { [[ $("$1" --version 2>/dev/null) == "wasm-opt version "* ]]; }

binstall() { # options and crate@version
  have cargo-binstall && attempt 120 cargo binstall --no-confirm --disable-strategies compile "$@"
}

locked_version() { # crate
  awk -v crate="\"$1\"" '$1 == "name" { found = $3 == crate } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' \
    Cargo.lock
}
