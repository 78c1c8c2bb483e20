# shellcheck shell=sh
# A PostgreSQL server for as long as the process that started this: its end closes our standard input.
# Prints the folder of its socket once it can be used. With CERTIFICATE and KEY, it also listens on PORT, with TLS.
set -eu
PATH=$PATH:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
command -v initdb pg_ctl >/dev/null || {
  echo "PostgreSQL's initdb is missing; the tests need a server of their own. Install it: apt-get install postgresql" >&2
  exit 1
}
# Not below the build's folder: a socket's path is short, and this may run as a user who can't write there.
dir=$(mktemp -d /tmp/oracle-ai-postgres.XXXXXX)
cd "$dir"
stop() {
  pg_ctl -D "$dir/data" -m immediate stop >/dev/null 2>&1 || :
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP
initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
if [ -n "${CERTIFICATE:-}" ]; then
  install -m 600 "$KEY" "$dir/key.pem"
  network="-c listen_addresses=127.0.0.1 -p $PORT -c ssl=on -c ssl_cert_file=$CERTIFICATE -c ssl_key_file=$dir/key.pem"
else
  network="-c listen_addresses="
fi
pg_ctl -D "$dir/data" -w -l "$dir/log" -o "-k $dir $network -c fsync=off -c max_connections=300" \
  start >/dev/null 2>&1 </dev/null || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
read -r _ || :
