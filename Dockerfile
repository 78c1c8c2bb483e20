# The release, in an image without a shell, run as nobody. Build: docker build -t oracle-ai .
# Sessions and conversations live elsewhere: REDIS_URL and DATABASE_URL, or a volume at /var/lib/oracle-ai.
#
# The images are arguments with a tag as default: Debian's updates change what a tag means, and a digest in this file would
# keep their fixes out. A build that must be repeatable names each by digest, as in RUST_IMAGE=rust:1.90-trixie@sha256:…, and
# SOURCE_DATE_EPOCH.
ARG NODE_IMAGE=node:24-trixie-slim
ARG RUST_IMAGE=rust:1.90-trixie
# Of the same Debian, as the program needs the glibc that it was built with.
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

FROM ${NODE_IMAGE} AS node

FROM ${RUST_IMAGE} AS build
COPY --from=node /usr/local/bin /usr/local/bin
COPY --from=node /usr/local/lib /usr/local/lib
# Mirrors, for machines that reach no others: such as https://mirror.example.com/debian, https://mirror.example.com/npm/ and
# sparse+https://mirror.example.com/crates/. The certificate of their authority: --secret id=authority,src=house-ca.pem
ARG DEBIAN_MIRROR=
ARG NPM_REGISTRY=
ARG CARGO_REGISTRY=
# With 1, nothing is tried that needs another server than these.
ARG REGISTRIES_ONLY=
ENV REGISTRIES_ONLY=${REGISTRIES_ONLY} NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=secret,id=authority,target=/usr/local/share/ca-certificates/authority.crt \
    update-ca-certificates \
    && if [ -n "$DEBIAN_MIRROR" ]; then \
         sed -i "s|http://deb.debian.org/debian$|$DEBIAN_MIRROR|" /etc/apt/sources.list.d/debian.sources; fi \
    && if [ -n "$NPM_REGISTRY" ]; then npm config set --location=global registry "$NPM_REGISTRY"; fi \
    && if [ -n "$CARGO_REGISTRY" ]; then printf '%s\n' '[source.crates-io]' 'replace-with = "mirror"' '[source.mirror]' \
         "registry = \"$CARGO_REGISTRY\"" >"$CARGO_HOME/config.toml"; fi \
    && apt-get update \
    && apt-get install --yes --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src

# What changes seldom, in layers of its own: the tools, which take a quarter of an hour, and the dependencies, compiled with
# empty sources.
COPY Cargo.toml Cargo.lock Dioxus.toml ./
COPY scripts/bootstrap scripts/bundle scripts/
COPY scripts/lib scripts/lib
RUN scripts/bootstrap
RUN mkdir -p src benches tests/it tests/models \
    && touch src/lib.rs \
    && for file in src/main.rs benches/micro.rs tests/it/main.rs tests/models/main.rs; do echo 'fn main() {}' >"$file"; done \
    && scripts/bundle --dependencies \
    && rm -r src benches tests

COPY . .
ARG SOURCE_REVISION=
ARG SOURCE_DATE_EPOCH=
# cargo compares times: these files may be older than the empty ones.
RUN find src -name '*.rs' -exec touch {} + \
    && scripts/bundle && mv target/bundle/oracle-ai-*/ /bundle && mkdir /state

FROM ${RUNTIME_IMAGE}
ARG SOURCE_REVISION=
ARG VERSION=
LABEL org.opencontainers.image.title="oracle-ai" \
      org.opencontainers.image.description="A chat application guarded by OpenID Connect" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${SOURCE_REVISION}"
COPY --from=build --chown=root:root /bundle/oracle-ai /opt/oracle-ai/oracle-ai
COPY --from=build --chown=root:root /bundle/public /opt/oracle-ai/public
COPY --from=build --chown=root:root /bundle/LICENSE-MIT /bundle/LICENSE-APACHE /opt/oracle-ai/
COPY --from=build --chown=65532:65532 /state /var/lib/oracle-ai
WORKDIR /var/lib/oracle-ai
ENV IP=0.0.0.0 PORT=8080
EXPOSE 8080
# The number of `nonroot`: Kubernetes can't see whether a name is that of root.
USER 65532:65532
# Whether the process answers. Kubernetes has probes of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/oracle-ai/oracle-ai", "health"]
ENTRYPOINT ["/opt/oracle-ai/oracle-ai"]
