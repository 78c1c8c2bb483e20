# Debian's packages, for machines that reach only package registries.
# shellcheck shell=bash

installed_package() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the packages that are missing.
debian_packages() { # what-for remedy packages...
  local what=$1 remedy=$2 missing=() package
  shift 2
  for package in "$@"; do
    installed_package "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  have apt-get || die "$what is missing." "$remedy"
  [ "$(id -u)" -eq 0 ] || have sudo || die "$what is missing, and installing it needs root." \
    "$remedy" "Or, as root: apt-get install --no-install-recommends ${missing[*]}"

  say packages "installing ${missing[*]}"
  as_root apt-get install --simulate --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    must "apt-get update" as_root apt-get update
  must "apt-get install ${missing[*]}" \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"
}
