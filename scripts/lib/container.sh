# The container image: built by an engine that works here, and run with a read-only root and no rights.
# shellcheck shell=bash

readonly image=oracle-ai:test
readonly container=oracle-ai-test
readonly program_in_image=/opt/oracle-ai/oracle-ai

# Fails where no engine works, and says so.
container_engine() {
  local candidate
  for candidate in docker podman; do
    if have "$candidate" && "$candidate" info >/dev/null 2>&1; then
      engine=$candidate
      say container "by $engine"
      return
    fi
  done
  # As for Keycloak: in CI nobody reads the line.
  if [ -n "${CI:-}" ]; then die "container: neither docker nor podman works here"; fi
  say container "not built: neither docker nor podman works here"
  return 1
}

builds_and_serves() {
  "$engine" build --tag "$image" --build-arg SOURCE_REVISION="$(git rev-parse HEAD)" \
    --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" . &&
    runs_as_nobody && has_no_shell && refuses_to_start_in_container && serves_in_container
}

runs_as_nobody() {
  local user
  user=$("$engine" image inspect --format '{{.Config.User}}' "$image")
  printf 'user: %s\n' "$user"
  [ "$user" = 65532:65532 ]
}

has_no_shell() {
  if "$engine" run --rm --entrypoint /bin/sh "$image" -c true; then
    echo 'there is a shell'
    return 1
  fi
}

refuses_to_start_in_container() {
  local output status=0
  output=$("$engine" run --rm "$image" 2>&1) || status=$?
  printf 'without settings: %s (%d)\n' "$output" "$status"
  [ "$status" -eq 78 ]
}

# No provider is needed for a start.
serves_in_container() {
  local settings=(
    OIDC_ISSUER=https://sso.example.com CLIENT_ID=test CLIENT_SECRET=test FRONT_URL=https://chat.example.com
    DATABASE_URL=sqlite::memory: LOG_FORMAT=json
  )
  local status=0
  "$engine" rm --force "$container" >/dev/null 2>&1 || true
  "$engine" run --detach --name "$container" --read-only --cap-drop ALL --security-opt no-new-privileges \
    "${settings[@]/#/--env=}" "$image" &&
    is_healthy || status=1
  "$engine" logs "$container"
  "$engine" rm --force "$container" >/dev/null
  return $status
}

is_healthy() {
  local attempt
  for attempt in {1..30}; do
    if "$engine" exec "$container" "$program_in_image" health; then return; fi
    printf 'not healthy yet (%d)\n' "$attempt"
    sleep 1
  done
  return 1
}
