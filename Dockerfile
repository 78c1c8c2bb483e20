# syntax=docker/dockerfile:1
# The release, in an image without a shell, run as nobody. Build: docker build -t oracle-ai .
# Sessions and conversations live elsewhere: REDIS_URL and DATABASE_URL, or a volume at /var/lib/oracle-ai.

FROM node:20-bookworm-slim AS node

FROM rust:1.90-bookworm AS build
COPY --from=node /usr/local/bin /usr/local/bin
COPY --from=node /usr/local/lib /usr/local/lib
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN scripts/bundle && mv target/bundle/oracle-ai-*/ /bundle && mkdir /state

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=root:root /bundle/oracle-ai /opt/oracle-ai/oracle-ai
COPY --from=build --chown=root:root /bundle/public /opt/oracle-ai/public
COPY --from=build --chown=nonroot:nonroot /state /var/lib/oracle-ai
WORKDIR /var/lib/oracle-ai
ENV IP=0.0.0.0 PORT=8080
EXPOSE 8080
# The number of `nonroot`: Kubernetes can't see whether a name is that of root.
USER 65532:65532
ENTRYPOINT ["/opt/oracle-ai/oracle-ai"]
