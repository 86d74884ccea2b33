# kith as one static program in an image that holds nothing else. It runs as a user without rights, and writes only to /data.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.Version=${VERSION}" -o /kith . && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /kith /kith
COPY --from=build --chown=nonroot:nonroot /data /data
VOLUME /data
WORKDIR /data
ENV KITH_ADDR=0.0.0.0:8080 \
    KITH_ENV=production
EXPOSE 8080
ENTRYPOINT ["/kith"]
