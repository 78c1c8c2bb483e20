# What the browser tests need: node modules, and a Chromium.
# shellcheck shell=bash

node_modules() {
  # npm ci empties the folder first, so this copy of the lock file is there only after a complete run.
  local installed=e2e/node_modules/.installed-lock
  if cmp -s e2e/package-lock.json "$installed"; then
    say "node modules" "found"
    return
  fi
  must "npm ci" npm --prefix e2e ci --no-audit --no-fund
  cp e2e/package-lock.json "$installed"
  say "node modules" "installed"
}

chromium() {
  choose_chromium
  if ! has_chromium && ! { attempt 300 e2e/node_modules/.bin/playwright install chromium && has_chromium; }; then
    debian_packages "A browser for the tests" "Run in e2e/: npx playwright install chromium" chromium
    choose_chromium
  fi
  say chromium "${CHROMIUM_PATH:-Playwright\'s own}"
}

# Playwright's own browser, else Debian's; e2e/playwright.config.ts takes its path from CHROMIUM_PATH.
choose_chromium() {
  if ! has_chromium && [ -x /usr/bin/chromium ]; then
    export CHROMIUM_PATH=/usr/bin/chromium
  fi
}

has_chromium() {
  [ -n "${CHROMIUM_PATH:-}" ] || (
    cd e2e || exit
    node -e 'process.exit(require("fs").existsSync(require("@playwright/test").chromium.executablePath()) ? 0 : 1)'
  )
}
