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
  playwright_browser chromium "${chromiums[@]}"
  playwright_browser firefox "${firefoxes[@]}"
  webkit
}

# Debian's packages, and programs, the preferred first. The headless shell is what Playwright itself installs; the whole browser
# takes nearly twice the processor time for the same tests.
chromiums=(chromium-headless-shell chromium)
firefoxes=(firefox-esr)

playwright_browser() { # name packages...
  choose_browser "$@"
  if ! has_browser "$1" && ! { attempt 300 e2e/node_modules/.bin/playwright install "$1" && has_browser "$1"; }; then
    debian_packages "A browser for the tests ($1)" "Run in e2e/: npx playwright install $1" "$2"
    choose_browser "$@"
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
  choose_browser chromium "${chromiums[@]}"
  choose_browser firefox "${firefoxes[@]}"
}

choose_browser() { # name programs...
  local name=$1 program
  shift
  for program in "$@"; do
    if ! has_browser "$name" && [ -x "/usr/bin/$program" ]; then
      export "$(path_variable "$name")=/usr/bin/$program"
    fi
  done
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
