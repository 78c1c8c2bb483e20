# Checks of what is not Rust: TypeScript, scripts, links between documents, systemd's units, alert rules, Helm's chart, workflow files.
# shellcheck shell=bash

# The most that `systemd-analyze security` may find in a unit, of 100: it finds 12, and its versions judge differently.
readonly most_exposed=15

shell_linter() {
  have shellcheck || debian_packages "shellcheck, for the checks" "Install shellcheck 0.9 or later." shellcheck
  say shellcheck "$(shellcheck --version | sed -n 's/^version: //p')"
}

check_types() { (cd e2e && npx tsc); }
check_scripts() { e2e/node_modules/.bin/eslint --config e2e/eslint.config.mjs --max-warnings 0 e2e scripts docs; }
check_shell() { find .ci scripts tests -type f \( -perm -100 -o -name '*.sh' \) -exec shellcheck {} +; }
check_links() {
  find . \( -name node_modules -o -path ./target \) -prune -o -name '*.md' -exec node scripts/lib/links.mjs {} +
}
check_bundle() {
  local folder=$logs/bundle
  rm -rf "$folder" && mkdir "$folder" && pack_documents "$folder"
}
check_units() {
  local unit copy
  for unit in deploy/*.service; do
    # `verify` wants a program that is there.
    copy=$logs/${unit##*/}
    sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$unit" >"$copy"
    systemd-analyze verify --man=no "$copy" || return
    systemd-analyze security --no-pager --offline=true --threshold="$most_exposed" "$unit" || return
  done
}
# `--offline` is there since systemd 250.
judges_units() { [ "$(systemd-analyze --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" -ge 250 ] 2>/dev/null; }

check_release() { node --test scripts/lib/release.test.mjs; }
check_alerts() {
  promtool check rules deploy/prometheus/alerts.yml && promtool test rules deploy/prometheus/alerts.test.yml
}

# With the defaults, and with all that can be turned on. A secret is refused where everybody could read it.
check_chart() {
  local chart=deploy/chart values version=1.30
  for values in "$chart/values.yaml" "$chart/ci/everything-values.yaml"; do
    helm lint --strict --kube-version "$version" "$chart" --values "$values" &&
      helm template oracle-ai --kube-version "$version" "$chart" --values "$values" >/dev/null || return
  done
  ! helm template oracle-ai --kube-version "$version" "$chart" --set settings.CLIENT_SECRET=hunter2
}

# These tools are not installed for it: a line says then what was not checked.
lint_units() {
  if judges_units; then
    step lint-units check_units || true
  else
    say lint-units "not checked: there is no systemd-analyze of systemd 250 or later"
  fi
}
lint_with() { # tool step where-the-tool-is command...
  local tool=$1 name=$2 source=$3
  shift 3
  if have "$tool"; then
    step "$name" "$@" || true
  else
    say "$name" "not checked: there is no $tool ($source)"
  fi
}

lint() {
  step lint-types check_types || true
  step lint-scripts check_scripts || true
  step lint-shell check_shell || true
  step lint-links check_links || true
  step lint-bundle check_bundle || true
  step lint-release check_release || true
  lint_units
  lint_with promtool lint-alerts "Debian has it in the package prometheus" check_alerts
  lint_with helm lint-chart "go install helm.sh/helm/v3/cmd/helm@v3.17.3" check_chart
  lint_with actionlint lint-workflows "go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12" actionlint
}
