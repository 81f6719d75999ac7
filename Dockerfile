# Two images: `boxoffice`, the product in one binary, and `stripesim`, the payment
# provider simulator that development uses in place of Stripe.

FROM golang:1.26.8-bookworm AS source
WORKDIR /src
ENV CGO_ENABLED=0
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .

FROM source AS boxoffice-binary
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -o /out/boxoffice ./cmd/boxoffice

FROM source AS stripesim-binary
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -o /out/stripesim ./dev/stripesim/cmd

# curl is for health checks, the certificates are for calls to the real provider.
FROM debian:bookworm-slim AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*

FROM runtime AS stripesim
COPY --from=stripesim-binary /out/stripesim /usr/local/bin/stripesim
# A volume mounted here takes over the owner of the folder.
RUN install -d -o 65532 -g 65532 /data
USER 65532:65532
EXPOSE 12111
ENTRYPOINT ["stripesim"]

# Last, so that a build without a target makes the product.
FROM runtime AS boxoffice
COPY --from=boxoffice-binary /out/boxoffice /usr/local/bin/boxoffice
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["boxoffice"]
CMD ["api"]
