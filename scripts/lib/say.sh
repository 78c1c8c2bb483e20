# Messages, and commands that may fail.
# shellcheck shell=bash

say() { printf '%-14s %s\n' "$1:" "$2"; }

die() { # what [remedy...]
  printf '\n%s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# For downloads from somewhere else than a package registry. A closed network refuses or never answers: either way this
# fails soon, and the caller falls back. With REGISTRIES_ONLY=1, nothing is tried.
attempt() { # seconds command...
  local seconds=$1
  shift
  [ -z "${REGISTRIES_ONLY:-}" ] || return 1
  within "$seconds" "$@"
}

# For commands that may fail, or never end: their output is in the log.
within() { # seconds command...
  local seconds=$1
  shift
  if have timeout; then set -- timeout --kill-after=5 "$seconds" "$@"; fi
  "$@" </dev/null >>"$bootstrap_log" 2>&1
}

# For long commands that must succeed: their output is shown only on failure.
must() { # what command...
  local what=$1 log
  shift
  log=$(mktemp)
  if ! "$@" </dev/null >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "$what failed. The whole output: $log"
  fi
  cat "$log" >>"$bootstrap_log"
  rm -f "$log"
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
