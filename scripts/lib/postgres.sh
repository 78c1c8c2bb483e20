# PostgreSQL and PgBouncer for the Rust tests, which start servers (tests/it/support/postgres.sh, pgbouncer.sh).
# shellcheck shell=bash

postgres_server() {
  has_postgres || debian_packages "PostgreSQL, for the tests" "Install PostgreSQL's server, with initdb." postgresql
  has_pgbouncer || debian_packages "PgBouncer, for the tests" "Install PgBouncer." pgbouncer
  say PostgreSQL "found, and PgBouncer"
}

# Debian keeps the server's programs out of the PATH.
has_postgres() {
  have initdb || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null
}

has_pgbouncer() { have pgbouncer || [ -x /usr/sbin/pgbouncer ]; }
