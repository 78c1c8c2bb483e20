# What Cargo.lock brings, held against deny.toml: licences, sources, and known weaknesses (RustSec).
# shellcheck shell=bash

cargo_deny() { cargo deny --log-level error "$@"; }
deny_rules() { cargo_deny --locked check licenses bans sources; }
deny_advisories() { cargo_deny --locked --offline check advisories; }

# Nothing is installed for it, and a closed network is no failure: then a line says what was not looked at.
check_dependencies() {
  if ! have cargo-deny; then
    say deny "not checked: there is no cargo-deny (cargo install cargo-deny --locked)"
    return
  fi
  step deny deny_rules || true
  if [ -z "${REGISTRIES_ONLY:-}" ] && timeout --kill-after=5 120 cargo deny fetch db >"$logs/advisory-db.log" 2>&1; then
    step advisories deny_advisories || true
  else
    say advisories "not looked up: the database of weaknesses can't be fetched"
  fi
}
