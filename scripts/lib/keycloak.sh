# Keycloak for the browser tests that sign in at it (e2e/keycloak.config.ts), from Maven Central: 160 MB, so only where its step
# is named. Java is not installed for it.
# shellcheck shell=bash

readonly keycloak_version=26.5.6
readonly keycloak_sha256=fa3dd5df90b9ac006712c2f0991be4e8a6cb30ac538e0439ce2f45fc40f4c692
readonly keycloak_least_java=17

keycloak_home=$target_dir/keycloak/keycloak-$keycloak_version

# Fails where Keycloak can't be started here, and says why.
keycloak_server() {
  local java
  java=$(java_version)
  if [ "${java%%[!0-9]*}" -lt "$keycloak_least_java" ]; then
    without_keycloak "there is no Java $keycloak_least_java or later (Debian has it in the package default-jre-headless)"
    return 1
  fi
  if [ ! -x "$keycloak_home/bin/kc.sh" ] && ! unpack_keycloak; then
    return 1
  fi
  say Keycloak "$keycloak_version, on Java $java"
}

# In CI nobody reads the line, and a night without the tests would look like one in which they pass.
without_keycloak() { # reason
  if [ -n "${CI:-}" ]; then die "Keycloak: $1"; fi
  say Keycloak "not tested: $1"
}

# The one that bin/kc.sh takes; 0 where there is none.
java_version() {
  local java=java version
  if [ -n "${JAVA_HOME:-}" ]; then java=$JAVA_HOME/bin/java; fi
  version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9][^"]*\)".*/\1/p') || true
  printf '%s' "${version:-0}"
}

unpack_keycloak() {
  local folder=$target_dir/keycloak
  local archive=$folder/keycloak-quarkus-dist-$keycloak_version.tar.gz
  mkdir -p "$folder"
  if [ ! -f "$archive" ]; then
    say Keycloak "downloading $keycloak_version (160 MB, once)"
    if ! download_keycloak "$archive"; then
      rm -f "$archive"
      without_keycloak "it can't be downloaded from Maven Central (what was tried: $bootstrap_log)"
      return 1
    fi
  fi
  if [ "$(sha256 "$archive")" != "$keycloak_sha256" ]; then
    rm -f "$archive"
    die "What Maven Central sent as Keycloak $keycloak_version is not what is expected, by its SHA-256." \
      "Where the version in scripts/lib/keycloak.sh was changed, change the checksum too."
  fi
  # Moved, so that an interrupted run leaves nothing that looks complete.
  rm -rf "$folder/unpacked"
  mkdir "$folder/unpacked"
  must "Unpacking Keycloak" tar -xzf "$archive" -C "$folder/unpacked"
  rm -rf "$keycloak_home"
  mv "$folder/unpacked/keycloak-$keycloak_version" "$keycloak_home"
  rm -r "$folder/unpacked" "$archive"
}

# By curl, or by Maven, which knows the mirror of a network that is closed otherwise.
download_keycloak() { # archive
  local artifact=keycloak-quarkus-dist
  if within 600 curl --fail --silent --show-error --location --connect-timeout 20 --output "$1" \
    "https://repo.maven.apache.org/maven2/org/keycloak/$artifact/$keycloak_version/${1##*/}"; then return; fi
  have mvn && within 600 mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="org.keycloak:$artifact:$keycloak_version:tar.gz" -DoutputDirectory="${1%/*}"
}

sha256() { # file
  if have sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}
