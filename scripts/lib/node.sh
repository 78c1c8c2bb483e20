# Node.js, for the tools that come as npm packages and for the browser tests.
# shellcheck shell=bash

readonly node_least=20

node_runtime() {
  local found
  found=$(node --version 2>/dev/null || true)
  if [ -z "$found" ] || ! have npm || [ "$(major "$found")" -lt "$node_least" ]; then
    die "Node.js $node_least or newer with npm is needed${found:+, found $found}." "Install it: https://nodejs.org"
  fi
  say node "$found"
}

major() { local version=${1#v}; printf '%s' "${version%%.*}"; }

npm_package() { # package@version folder
  mkdir -p "$2"
  must "npm install $1" npm install --prefix "$2" --no-audit --no-fund --no-save "$1"
}
