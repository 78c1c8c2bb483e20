# Checks Cargo.lock against deny.toml: licences, sources, and known vulnerabilities (RustSec).
# shellcheck shell=bash

cargo_deny() { cargo deny --log-level error "$@"; }
deny_rules() { cargo_deny --locked check licenses bans sources; }
deny_advisories() { cargo_deny --locked --offline check advisories; }

# cargo-deny is not installed for it, and a closed network is no failure: a line says then what was not checked.
check_dependencies() {
  if ! have cargo-deny; then
    say deny "not checked: there is no cargo-deny (cargo install cargo-deny --locked)"
    return
  fi
  step deny deny_rules || true
  if [ -z "${REGISTRIES_ONLY:-}" ] && timeout --kill-after=5 120 cargo deny fetch db >"$logs/advisory-db.log" 2>&1; then
    step advisories deny_advisories || true
  else
    say advisories "not checked: the database of vulnerabilities can't be fetched"
  fi
}
