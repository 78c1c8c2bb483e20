# Rust's lints.
# shellcheck shell=bash

# Clippy's driver is the compiler with more lints, and compiles, too. So where the tests are to run, they are compiled with it, and
# no dependency is compiled twice: once to be checked against, and once to be linked. `cargo clippy` sets the same variables for
# `cargo check`.
linting() { RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings "$@"; } # cargo...

# A driver that did not know these variables any more would find nothing wrong.
lints_are_denied() {
  local finding='pub fn is_empty(list: &Vec<u8>) -> bool { list.len() == 0 }'
  if printf '%s\n' "$finding" | CARGO_PRIMARY_PACKAGE=1 linting clippy-driver --crate-type lib --emit metadata --out-dir "$logs" -; then
    printf 'clippy-driver accepts what -Dwarnings must refuse\n'
    return 1
  fi
}

# The servers' half, with all its tests and benches: compiled for the step `rust`, or else only checked.
lint_server() {
  if wants rust; then
    lints_are_denied && linting cargo test "${server[@]}" --all-targets --no-run
  else
    cargo clippy "${server[@]}" --all-targets -- -D warnings
  fi
}

# The browser's half: compiled for the step `dev`, or else only checked.
lint_browser() {
  local -x RUSTFLAGS=$browser_rustflags
  if wants dev; then
    lints_are_denied && linting cargo build "${browser[@]}"
  else
    cargo clippy "${browser[@]}" -- -D warnings
  fi
}

lint_load() { cargo clippy --locked "${load[@]}" --target-dir "$target_dir/load" -- -D warnings; }
