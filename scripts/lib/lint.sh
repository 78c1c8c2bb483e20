# Checks of TypeScript and of scripts, for Node.js and for the shell.
# shellcheck shell=bash

shell_linter() {
  have shellcheck || debian_packages "shellcheck, for the checks" "Install shellcheck 0.9 or later." shellcheck
  say shellcheck "$(shellcheck --version | sed -n 's/^version: //p')"
}

check_types() { (cd e2e && npx tsc); }
check_scripts() { e2e/node_modules/.bin/eslint --config e2e/eslint.config.mjs --max-warnings 0 e2e scripts docs; }
check_shell() { find .ci scripts tests -type f \( -perm -100 -o -name '*.sh' \) -exec shellcheck {} +; }
