# `make` alone lists the targets. PKG and ARGS narrow or widen a run:
#
#	make test PKG=./graph ARGS='-run Golden -v'
#	make run ARGS='seed --users 2000'

PKG      ?= ./...
ARGS     ?=
FUZZTIME ?= 1m

# Pinned, so that the same tree gives the same findings next year.
LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# What `go generate` may write.
GENERATED := graph/generated graph/model graph/*.resolvers.go graph/*.generated.graphqls db/*.generated.go docs/model.svg

# The race detector looks at all code but SQLite, which is C turned into Go and is seventeen times as slow under it, and the hashes of
# passwords, which take long on purpose.
RACE := -race -gcflags='modernc.org/...=-race=false' -gcflags='golang.org/x/crypto/...=-race=false'

# Without the paths of this machine a package has one compiled form wherever it lies: the copies of the source that some tests make
# find in the cache what they have not changed.
export GOFLAGS := $(strip $(shell go env GOFLAGS) -trimpath)

# Runs a command with one throw-away PostgreSQL for all test processes; see db/dbtest.
CLUSTER := .build/cluster

.PHONY: help run generate check release test fuzz storm golden bench attack app graphiql postgresql compiler node chromium patroni cluster failover $(CLUSTER)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start the server on SQLite, with GraphiQL at http://127.0.0.1:8080/
	go run . $(ARGS)

generate: ## Write the schema and its resolvers anew from the page
	go generate ./...

check: ## Generated code up to date, released schema kept, go mod tidy, gofmt, go vet, golangci-lint, the import rules
	@state() { find $(GENERATED) -type f -exec cksum {} + 2>/dev/null | sort; }; \
	before=$$(state); \
	echo go generate ./...; go generate ./... || exit 1; \
	stale=$$({ echo "$$before"; state; } | sort | uniq -u | cut -d ' ' -f 3- | sort -u); \
	test -z "$$stale" || { echo "These files were not what go generate makes. They are now: commit them."; echo "$$stale"; exit 1; }
	@echo go mod tidy -diff; go mod tidy -diff || { echo "go.mod or go.sum is not tidy: run go mod tidy and commit them."; exit 1; }
	@echo gofmt -l; wrong=$$(gofmt -l $$(find . \( -name node_modules -o -name .git \) -prune -o -name '*.go' -print)); \
	test -z "$$wrong" || { echo "These files are not formatted: run gofmt -w on them."; echo "$$wrong"; exit 1; }
	go vet ./...
	go run $(LINT) run ./...
	go test . -run Architecture
	go test ./graph -run ReleasedSchema

release: ## Take the schema as released: from now on make check holds every name in it
	go run . schema > docs/schema.graphql

test: postgresql compiler node chromium $(CLUSTER) ## Test everything on SQLite and PostgreSQL, and with real clients, with the race detector
	exec $(CLUSTER) env CGO_ENABLED=1 go test $(RACE) -timeout 30m $(ARGS) $(PKG)

fuzz: ## Look for inputs that break something, a minute for each target
	@for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(.*/\1/p' graph/fuzz_test.go); do \
		echo $$target; go test ./graph -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $(ARGS) || exit 1; \
	done

storm: postgresql $(CLUSTER) ## Write from sixteen clients for a minute on each database and compare with what was acknowledged
	exec $(CLUSTER) go test ./graph -run Ledger -storm 1m -v $(ARGS)
	exec $(CLUSTER) go test ./db -run 'ChangesInOrder|ManyRows' -changes 1m -rows 50000 -v $(ARGS)
	exec $(CLUSTER) go test . -run FollowersMissNothing -follow 1m -followrows 50000 -v $(ARGS)
	exec $(CLUSTER) go test ./graph -run 'Random|HiddenRows' -queries 1000 -timeout 30m $(ARGS)
	exec $(CLUSTER) go test ./graph -run LiveIsFresh -live 60 -livechanges 90 -livegraphs 7 -timeout 30m $(ARGS)

golden: postgresql $(CLUSTER) ## Write the golden files anew, on both databases
	exec $(CLUSTER) go test ./graph -run Golden -update $(ARGS)

bench: postgresql $(CLUSTER) ## Measure kith against the limit, side by side
	exec $(CLUSTER) go run ./bench $(ARGS)

attack: postgresql $(CLUSTER) ## Attack the server on both databases: its memory and life, and what a bystander notices
	exec $(CLUSTER) go run ./bench/attack $(ARGS)

cluster: postgresql patroni ## Start three PostgreSQL servers under Patroni and two instances of kith, until Ctrl-C
	go run ./bench/cluster $(ARGS)

failover: postgresql patroni ## Fail such a cluster over twenty times under writers and subscribers, and compare
	go run ./bench/cluster -failovers 20 $(ARGS)

app: ## Build the example app from its lock file, and start the server with it at http://127.0.0.1:8080/
	cd examples/app && npm ci && npm run build
	KITH_APP=examples/app/dist go run . $(ARGS)

graphiql: ## Build GraphiQL anew from its lock file
	cd graph/graphiql && npm ci && npm run build

postgresql: ## Install PostgreSQL for the tests, where it is missing (Debian)
	@test -n "$$KITH_TEST_POSTGRES" \
	|| ls "$$(command -v initdb)" /usr/lib/postgresql/*/bin/initdb "$$(pg_config --bindir 2>/dev/null)/initdb" 2>/dev/null | grep -q . \
	|| { $(call install,the tests need a PostgreSQL server,postgresql); }

compiler: ## Install a C compiler for the race detector, where it is missing (Debian)
	@printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | $$(go env CC) -x c -o /dev/null - 2>/dev/null \
	|| { $(call install,the race detector needs a C compiler,gcc libc6-dev); }

node: ## Install Node.js for the tests with real clients, where it is missing (Debian)
	@command -v node >/dev/null && command -v npm >/dev/null \
	|| { $(call install,the tests with real clients need Node.js 20.19 or newer,nodejs npm); }

chromium: ## Install Chromium for the tests of GraphiQL and the app, where it is missing (Debian)
	@test -n "$$CHROMIUM" || command -v chromium chromium-browser google-chrome >/dev/null \
	|| { $(call install,the tests of GraphiQL and the app need Chromium,chromium); }

$(CLUSTER):
	@go build -buildvcs=false -o $@ ./db/dbtest/cluster

patroni: ## Install Patroni, etcd, HAProxy and PgBouncer for make cluster, where they are missing (Debian)
	@PATH="$$PATH:/usr/sbin"; missing=; for program in patroni etcd haproxy pgbouncer; do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	test -z "$$missing" || { $(call install,the cluster needs Patroni$(comma) etcd$(comma) HAProxy and PgBouncer,patroni etcd-server haproxy pgbouncer) \
		&& for program in $$missing; do $$as service $$program stop; $$as update-rc.d $$program disable; done; } # which Debian has started

comma := ,

# $(call install,reason,packages) installs Debian packages, or says which. In runlevel 1 their services are not started, except by systemd:
# Patroni's cannot be before it is configured, and its installation would fail.
define install
if test "$$(id -u)" = 0; then as=; \
	elif sudo -n true 2>/dev/null || { test -t 0 && command -v sudo >/dev/null; }; then as=sudo; \
	else as=none; fi; \
	if test "$$as" = none || ! command -v apt-get >/dev/null; then \
		echo "$(1): install it (Debian and Ubuntu, as root: apt-get install $(2)) and run make again." >&2; exit 1; \
	fi; \
	echo "$(1): installing $(2)"; \
	$$as apt-get update && $$as env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends --no-upgrade $(2)
endef
