# What the browser tests need: node modules, and browsers of three engines.
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

# Of each engine, Playwright's own browser, else Debian's. e2e/fixtures/engines.ts takes the paths of the latter from
# CHROMIUM_PATH and FIREFOX_PATH.
browsers() {
  playwright_browser chromium chromium
  playwright_browser firefox firefox-esr
  webkit
}

playwright_browser() { # name package
  choose_browser "$1" "$2"
  if ! has_browser "$1" && ! { attempt 300 e2e/node_modules/.bin/playwright install "$1" && has_browser "$1"; }; then
    debian_packages "A browser for the tests ($1)" "Run in e2e/: npx playwright install $1" "$2"
    choose_browser "$1" "$2"
  fi
  say "$1" "$(browser_path "$1" | grep . || printf "Playwright's own")"
}

# WebKitGTK, driven by its own WebDriver; where there is none, as on macOS, Playwright's WebKit.
webkit() {
  if ! has_webkitgtk; then
    if have apt-get; then
      debian_packages "WebKit for the tests" "Install WebKitGTK's MiniBrowser and WebKitWebDriver, and Xvfb." \
        webkit2gtk-driver xvfb
    else
      has_own_browser webkit || attempt 300 e2e/node_modules/.bin/playwright install webkit || true
      has_own_browser webkit || die "WebKit for the tests is missing." "Run in e2e/: npx playwright install webkit"
    fi
  fi
  say webkit "$(has_webkitgtk && printf WebKitGTK || printf "Playwright's own")"
}

# For `playwright test`.
choose_browsers() {
  choose_browser chromium chromium
  choose_browser firefox firefox-esr
}

choose_browser() { # name program
  if ! has_browser "$1" && [ -x "/usr/bin/$2" ]; then
    export "$(path_variable "$1")=/usr/bin/$2"
  fi
}

browser_path() { # name
  local variable
  variable=$(path_variable "$1")
  printf '%s' "${!variable:-}"
}

path_variable() { printf '%s_PATH' "$1" | tr '[:lower:]' '[:upper:]'; } # name

has_browser() { [ -n "$(browser_path "$1")" ] || has_own_browser "$1"; } # name
has_webkitgtk() { have WebKitWebDriver && have Xvfb; }

has_own_browser() { # name
  (
    cd e2e || exit
    node -e 'process.exit(require("fs").existsSync(require("@playwright/test")[process.argv[1]].executablePath()) ? 0 : 1)' "$1"
  )
}
