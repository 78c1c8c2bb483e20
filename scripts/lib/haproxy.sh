# HAProxy for the Rust tests, which start it with the operators' example (tests/it/support/haproxy.rs).
# shellcheck shell=bash

haproxy_server() {
  # Debian keeps it out of the PATH of people who are not root.
  has_haproxy || debian_packages "HAProxy, for the tests" "Install HAProxy 2.4 or later." haproxy
  say HAProxy "found"
}

has_haproxy() { have haproxy || [ -x /usr/sbin/haproxy ]; }
