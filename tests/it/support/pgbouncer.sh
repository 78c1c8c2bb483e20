# shellcheck shell=sh
# A PgBouncer before a PostgreSQL server, for as long as the process that started this: its end closes our standard input.
# Arguments: the folder of the server's socket, and lines for the configuration. Prints the folder of its own socket once it
# can be used.
set -eu
PATH=$PATH:/usr/sbin
command -v pgbouncer >/dev/null || {
  echo "pgbouncer is missing. Install it: apt-get install pgbouncer" >&2
  exit 1
}
dir=$(mktemp -d /tmp/oracle-ai-pgbouncer.XXXXXX)
cat >"$dir/pgbouncer.ini" <<INI
[databases]
* = host=$1 user=postgres
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $dir
auth_type = any
max_client_conn = 200
logfile = $dir/log
$2
INI
pgbouncer --quiet "$dir/pgbouncer.ini" >/dev/null 2>&1 </dev/null &
server=$!
stop() {
  kill "$server" 2>/dev/null || :
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
while [ ! -S "$dir/.s.PGSQL.6432" ]; do
  kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
  sleep 0.05
done
echo "$dir"
read -r _ || :
