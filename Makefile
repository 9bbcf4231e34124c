# Every command of the project; `make help` lists them.

SHELL := /bin/bash

# A checkout that belongs to somebody else (in a container, say) has no version
# control that Go may ask.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# The flags of a deployed function: static, stripped, reproducible, and without
# the RPC of Lambda's retired Go runtime. cmd/dev uses the same.
GO_BUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags '-s -w -buildid='

FUNCTIONS := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))

.DEFAULT_GOAL := help

.PHONY: help
help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A program of its own in the foreground, since `go run` passes no SIGTERM on;
# and with the functions' flags, so that what both use is compiled once.
.PHONY: dev
dev: ## runs everything locally: PostgreSQL, the functions, the schedules; Ctrl-C stops it (PORT=8787)
	@mkdir -p .dev && { test -e .dev/dev || echo 'compiling; the first time takes a minute or so'; } && $(GO_BUILD) -o .dev/dev ./cmd/dev
	@exec .dev/dev $(if $(PORT),-port $(PORT))

# The server that npm has of another version comes without pgbench; the usual one lends it.
LEND_PGBENCH = test -z "$(PG)" || ls /usr/lib/postgresql/*/bin/pgbench /opt/homebrew/opt/postgresql*/bin/pgbench 2>/dev/null | grep -q . || env -u PG .cache/testcluster -- true

.PHONY: test
test: tools node_modules/.package-lock.json bench/node_modules/.package-lock.json ## runs every test, with a throwaway PostgreSQL (PG=17): pgTAP in both privilege modes, then Go
	@mkdir -p .cache && go build -o .cache/testcluster ./cmd/testcluster
	@$(LEND_PGBENCH)
	@exec .cache/testcluster -- .ci/test

.PHONY: test-clock
test-clock: tools-pgtap ## runs pgTAP with the server's clock at midnights, changes of summer time, leap days (AT="2027-06-23 23:59:50", or RANDOM=20)
	@mkdir -p .cache && go build -o .cache/testcluster ./cmd/testcluster
	@exec .ci/test-clock $(if $(AT),'$(AT)',$(if $(RANDOM),-random $(RANDOM)))

.PHONY: fuzz
fuzz: ## fuzzes every target, one after the other, against a throwaway PostgreSQL (FUZZTIME=2m each)
	@mkdir -p .cache && go build -o .cache/testcluster ./cmd/testcluster
	@exec .cache/testcluster -- .ci/fuzz $(or $(FUZZTIME),2m)

.PHONY: test-long
test-long: tools ## runs the long tests: thousands of faults of networks and servers (SEED=7 repeats those of a run)
	@$(if $(SEED),MENTORPAUSE_SEED=$(SEED)) go test -tags long -run '^TestLong' -count=1 -timeout 60m -v ./tests/network

.PHONY: build
build: $(addprefix build/,$(FUNCTIONS)) ## builds build/<name>/bootstrap of each function, for linux and this machine's processor (GOARCH=arm64)

# Go knows best what is up to date.
.PHONY: $(addprefix build/,$(FUNCTIONS))
$(addprefix build/,$(FUNCTIONS)): build/%:
	GOOS=linux $(if $(GOARCH),GOARCH=$(GOARCH)) $(GO_BUILD) -o $@/bootstrap ./functions/$*

# `sam build` calls build-<logical id> with $ARTIFACTS_DIR: NightlyExpiryFunction
# is functions/nightly-expiry. Here arm64 is the default, as in the template.
build-%Function:
	@test -n "$(ARTIFACTS_DIR)" || { echo "$@ is for sam build, which sets ARTIFACTS_DIR; use make build" >&2; exit 2; }
	name=$$(sed -E 's/([a-z0-9])([A-Z])/\1-\2/g' <<<'$*' | tr '[:upper:]' '[:lower:]') && \
	GOOS=linux GOARCH=$(or $(GOARCH),arm64) $(GO_BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" "./functions/$$name"

.PHONY: migrate
migrate: ## applies the pending migrations to $SUPABASE_DB_URL
	@go run ./cmd/migrate up

.PHONY: migrate-down
migrate-down: ## undoes the newest migration of $SUPABASE_DB_URL by its rollback (ALL=1: every one)
	@go run ./cmd/migrate down $(if $(filter-out 0,$(ALL)),-all)

.PHONY: migrate-status
migrate-status: ## lists the migrations of $SUPABASE_DB_URL
	@go run ./cmd/migrate status

.PHONY: migration
migration: ## writes the next migration and its rollback (NAME=change_roster, REPLACES='private.coordinator_roster …' copies what these are now)
	@test -n "$(NAME)" || { echo "make migration NAME=<verb>_<noun> [REPLACES='<schema>.<function or view> …']" >&2; exit 2; }
	@go run ./cmd/migrate new $(NAME) $(REPLACES)

.PHONY: schema
schema: node_modules/.package-lock.json ## writes supabase/schemas, each object of the database as it is now, from the migrations
	@mkdir -p .cache && go build -o .cache/testcluster ./cmd/testcluster
	@exec .cache/testcluster -- .ci/schema supabase/schemas

.PHONY: nightly
nightly: ## does the nightly run on $SUPABASE_DB_URL, by default that of make dev (AS_OF=2026-11-24 DRY_RUN=1 FULL=1)
	@mkdir -p .cache && go build -o .cache/nightly ./cmd/nightly
	@exec .cache/nightly $(if $(AS_OF),-as-of $(AS_OF)) $(if $(filter-out 0,$(DRY_RUN)),-dry-run) $(if $(filter-out 0,$(FULL)),-full)

.PHONY: smoke
smoke: ## looks at a deployment from outside (URL=…, or PAUSE_URL=… and so on for each function, and TOKEN=… in front of make); without one, makes a local one from nothing
	@mkdir -p .cache && go build -o .cache/smoke ./cmd/smoke
	@exec .cache/smoke

.PHONY: lint
lint: node_modules/.package-lock.json ## checks format, vet, staticcheck, imports, SQL (Supabase's lint and advisors, supabase/schemas), template, licences, workflow, OpenAPI
	@mkdir -p .cache && go build -o .cache/testcluster ./cmd/testcluster
	@.ci/lint
	@exec .cache/testcluster -- .ci/lint-sql

# Programs that are run and linked into nothing have a go.mod of their own. Built
# without paths, they are the same on every machine, which lists name them.
TOOL = GOFLAGS='$(GOFLAGS) -trimpath' CGO_ENABLED=0 GOOS= GOARCH= go tool -modfile=.ci/tools/go.mod
# Of the list's main component; empty in sources without their history.
VERSION = $(shell git describe --always --dirty --abbrev=40 2>/dev/null)

.PHONY: sbom
sbom: build ## lists what is in each function, as CycloneDX: build/sbom/<name>.cdx.json (GOARCH=arm64)
	@mkdir -p build/sbom
	@for name in $(FUNCTIONS); do \
	  $(TOOL) cyclonedx-gomod bin -json -std -noserial -notimestamp $(if $(VERSION),-version $(VERSION)) \
	    -output build/sbom/$$name.cdx.json build/$$name/bootstrap || exit; \
	done

.PHONY: reproduce
reproduce: ## builds every function and list twice, the second time from nothing, and compares the bytes
	COLD=1 go test -tags lint -count=1 -v -timeout 30m -run '^TestBuild$$' ./tests/build

.PHONY: vulnerabilities
vulnerabilities: ## looks for known vulnerabilities in what is called (asks vuln.go.dev)
	@$(TOOL) govulncheck ./...

.PHONY: docs
docs: node_modules/.package-lock.json ## renders docs/openapi.yaml as one page that needs nothing else, build/docs/api.html
	@.ci/redocly build-docs docs/openapi.yaml --inlineBundle --template docs/page.hbs --output $(or $(DOCS),build/docs)/api.html

# The server has the memory of a small project of Supabase's, and room enough that
# no checkpoint begins in the middle of a measurement.
.PHONY: bench
bench: bench/node_modules/.package-lock.json ## measures everything beside its peers, and writes docs/performance.md (MENTORS=1000000; half an hour)
	@PATH="$$PATH:/usr/sbin" .ci/install pgbouncer pgbouncer pgbouncer
	@mkdir -p .cache && go build -o .cache/testcluster ./cmd/testcluster
	@$(LEND_PGBENCH)
	@exec .cache/testcluster -set shared_buffers=512MB -set max_wal_size=16GB -- \
	  go test -C bench -count=1 -timeout 3h -v . -args -full -docs ../docs $(if $(MENTORS),-mentors $(MENTORS)) $(if $(ONLY),-only $(ONLY))

.PHONY: clean
clean: ## removes what was built; the development database in .dev stays
	rm -rf build .cache

# What the tests need beside Go and PostgreSQL.
.PHONY: tools tools-pgtap
tools: tools-pgtap
	@PATH="$$PATH:/usr/sbin" .ci/install pgbouncer pgbouncer pgbouncer
	@.ci/install "$${CHROMIUM:-chromium}" chromium '--cask chromium, or name another browser of its kind: make test CHROMIUM=…'

tools-pgtap:
	@.ci/install psql postgresql-client libpq
	@.ci/install pg_prove libtap-parser-sourcehandler-pgtap-perl pgtap
	@.ci/install cc 'gcc libc6-dev' gcc

node_modules/.package-lock.json: package-lock.json
bench/node_modules/.package-lock.json: bench/package-lock.json
node_modules/.package-lock.json bench/node_modules/.package-lock.json:
	@.ci/install npm npm node
	cd $(<D) && npm ci --no-audit --no-fund
	@touch $@
