# nginx for the Rust tests, which start it with the operators' example, and curl, which calls it over HTTP/2
# (tests/it/nginx.rs).
# shellcheck shell=bash

nginx_server() {
  # Debian keeps it out of the PATH of people who are not root.
  has_nginx || debian_packages "nginx, for the tests" "Install nginx 1.18 or later." nginx-light
  have curl || debian_packages "curl, for the tests" "Install curl with HTTP/2." curl
  say nginx "found, and curl"
}

has_nginx() { have nginx || [ -x /usr/sbin/nginx ]; }
