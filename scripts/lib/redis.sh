# Redis for the Rust tests, which start servers (tests/it/support/redis.rs), one of them with a certificate.
# shellcheck shell=bash

redis_server() {
  if ! have redis-server || ! have redis-cli; then
    debian_packages "Redis, for the tests" "Install Redis 6.2 or later, and its redis-cli." redis-server redis-tools
  fi
  say Redis "$(redis-server --version | sed -E 's/.* v=([^ ]+).*/\1/')"
}
