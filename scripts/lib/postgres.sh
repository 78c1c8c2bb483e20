# PostgreSQL for the Rust tests, which start a server (tests/it/support/postgres.sh).
# shellcheck shell=bash

postgres_server() {
  has_postgres || debian_packages "PostgreSQL, for the tests" "Install PostgreSQL's server, with initdb." postgresql
  say PostgreSQL "found"
}

# Debian keeps the server's programs out of the PATH.
has_postgres() {
  have initdb || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null
}
