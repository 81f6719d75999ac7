# Everything a developer types. `make` alone lists the targets.
TOOL := go tool -modfile=tools/go.mod
# The product's own packages; dev/ and cmd/ are exercised through it.
PRODUCT := ./booking/... ./pricing/... ./workflows/... ./activities/... ./audit/... ./worker/... ./api/... ./db/... ./provider/... ./notify/... ./sheet/... ./accounts/... ./engine/... ./catalogue/... ./sales/... ./operations/... ./inbox/... ./tickets/... ./coalesce/...

.DEFAULT_GOAL := help

# On another day, with all clocks shifted: make test TODAY=2028-02-29, make run TODAY=2027-03-28T00:50:00Z.
ifneq ($(TODAY),)
.PHONY: $(or $(MAKECMDGOALS),help)
$(or $(MAKECMDGOALS),help):
	@go run ./dev/today $(TODAY) $(MAKE) --no-print-directory $@ TODAY=
else

.PHONY: help run audit psql reset build test days steady race demo record fuzz mutants bench chaos soak generate lint vet-sql vulncheck fmt

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: bin/stack ## Start the whole system here; Ctrl-C stops it
	@exec bin/stack up $(PARTS)

audit: bin/stack ## Prove the books of the system that `make run` started; ARGS=--json and others
	@bin/stack audit -- $(ARGS)

psql: bin/stack ## Open the database of the system that `make run` started
	@dsn=$$(bin/stack dsn) && exec psql "$$dsn"

reset: bin/stack ## Forget all data of `make run`
	@bin/stack reset

build: ## Build every program into bin/
	go build -o bin/ ./cmd/boxoffice && go build -o bin/stripesim ./dev/stripesim/cmd && go build -o bin/mailbox ./dev/mailbox/cmd
	go build -C dev/temporal -o ../../bin/temporal .

test: ## Run all tests, whichever fails; they start what they need
	@failed=0; \
	go test -timeout 60m $(TESTFLAGS) ./... || failed=1; \
	go test -C dev/temporal -timeout 60m $(TESTFLAGS) ./... || failed=1; \
	go test -C dev/bench/dbos -timeout 60m $(TESTFLAGS) ./... || failed=1; \
	go test -C tools -timeout 60m $(TESTFLAGS) -count=1 ./... || failed=1; \
	exit $$failed

DAYS ?= 2026-12-31T23:50:00Z 2027-03-01 2027-03-27T23:50:00Z 2027-10-31 2028-02-29
days: ## Have whole systems live through odd days: ends of months and years, clock changes, 29 February; DAYS="2030-01-01 ..."
	@failed=; for day in $(DAYS); do \
	  echo "=== on $$day"; \
	  go run ./dev/today $$day go test -timeout 30m $(TESTFLAGS) ./dev/readme ./dev/demo ./dev/fuzz || failed="$$failed $$day"; \
	done; \
	if [ -n "$$failed" ]; then echo "not on these days:$$failed"; exit 1; fi

ROUNDS ?= 10
PACKAGES ?= ./...
steady: ## Run the tests ROUNDS (10) times with a busy process a core beside them; PACKAGES="./api ./dev/e2e"
	@busy=; trap 'kill $$busy' EXIT; trap 'exit 1' INT TERM; \
	for core in $$(seq $$(getconf _NPROCESSORS_ONLN)); do sh -c 'while :; do :; done' & busy="$$busy $$!"; done; \
	for round in $$(seq $(ROUNDS)); do \
	  echo "=== round $$round of $(ROUNDS)"; go test -count=1 -timeout 60m $(TESTFLAGS) $(PACKAGES) || exit 1; \
	done

race: ## Run the product's tests, and the rush through the whole system, under the race detector
	go test -timeout 60m -race $(PRODUCT)
	go test -timeout 60m -race ./dev/e2e -run 'TwoHundredBuyers|TwentyTimes|Instant'

demo: ## Play four bookings against the running system; ARGS="-only card"
	@go run ./dev/demo $(ARGS)

record: ## Record the workflow histories that replay tests use; ARGS="-only card_confirmed"
	go run ./dev/record $(ARGS)

FUZZTIME ?= 10s
fuzz: ## Fuzz every decoder for FUZZTIME (10s), then a system of its own by the contract; ARGS="-requests 20000"
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(go test $$dir -list '^Fuzz' | grep '^Fuzz'); do \
	    echo "$$dir $$target"; go test $$dir -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME); \
	  done; \
	done
	@go run ./dev/fuzz $(ARGS)

mutants: ## Change pricing and booking in one place at a time: a test has to notice; ARGS="workflows" or "-files confirm.go -run Confirm activities"
	@go run ./dev/mutants $(ARGS)

bench: ## Measure a system of its own; ARGS="-only booking -rounds 5" and others, see ARGS=-help
	@go run ./dev/bench $(ARGS)

chaos: ## Kill every part of a system of its own at random while customers buy, then prove its books; ARGS="-seed 7 -duration 1m"
	@go run ./dev/chaos $(ARGS)

soak: ## Hold a load for half an hour and watch what grows; ARGS="-duration 10m" and others, see ARGS=-help
	@go run ./dev/soak $(ARGS)

generate: ## Generate code from the queries and the API's contract
	$(TOOL) sqlc generate
	$(TOOL) oapi-codegen -config api/openapi/oapi-codegen.yaml api/openapi.yaml

lint: ## Check style, import walls and workflow determinism
	go vet ./...
	$(TOOL) golangci-lint run ./...
	cd dev/temporal && go tool -modfile=../../tools/go.mod golangci-lint run --config ../../.golangci.yaml ./...
	cd dev/bench/dbos && go tool -modfile=../../../tools/go.mod golangci-lint run --config ../../../.golangci.yaml ./...
	$(TOOL) workflowcheck ./workflows/...

vet-sql: ## Prepare every query on a real, migrated database
	go run ./dev/withdb $(TOOL) sqlc vet

vulncheck: ## Look for known vulnerabilities, where their database can be reached
	@$(TOOL) govulncheck ./... || { code=$$?; [ $$code -ne 3 ] && echo "the vulnerability database is out of reach" || exit $$code; }

fmt: ## Format all code
	gofmt -w $$(git ls-files '*.go')

.PHONY: bin/stack
bin/stack:
	@go build -o $@ ./dev/stack/cmd

endif
