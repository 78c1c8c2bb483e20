# What the bundle has besides the program and its page.
# shellcheck shell=bash

# In the folders that they have here, so that their links lead somewhere. Fails where one does not.
pack_documents() { # folder
  local page
  mkdir -p "$1/deploy/prometheus" "$1/docs" &&
    install -m 644 .env.example CHANGELOG.md LICENSE-APACHE LICENSE-MIT SECURITY.md "$1/" &&
    install -m 644 deploy/README.md "$1/README.md" &&
    install -m 644 deploy/fluent-bit-audit.yaml deploy/haproxy.cfg deploy/kubernetes.yaml deploy/nginx.conf \
      deploy/oracle-ai.service deploy/rsyslog-audit.conf deploy/vector-audit.yaml "$1/deploy/" &&
    install -m 644 deploy/prometheus/* "$1/deploy/prometheus/" &&
    cp -R deploy/chart "$1/deploy/chart" &&
    install -m 644 docs/login.mjs "$1/docs/" || return
  for page in operations runbooks configuration browsers audit audit-events providers fapi security threats pattern performance asvs \
    asvs-status assertions evidence evidence-status; do
    install -m 644 "docs/$page.md" "$1/docs/" || return
  done
  node scripts/lib/links.mjs "$1"/*.md "$1"/docs/*.md
}
