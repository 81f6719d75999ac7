# Everything a developer types. `make` alone lists the targets.
TOOL := go tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help run reset build test demo record bench generate lint fmt

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: bin/stack ## Start the whole system here; Ctrl-C stops it
	@exec bin/stack up $(PARTS)

reset: bin/stack ## Forget all data of `make run`
	@bin/stack reset

build: ## Build every program into bin/
	go build -o bin/ ./cmd/boxoffice && go build -o bin/stripesim ./dev/stripesim/cmd
	go build -C dev/temporal -o ../../bin/temporal .

test: ## Run all tests; they start what they need
	go test ./...
	go test -C dev/temporal ./...

demo: ## Play three bookings against the running system
	@go run ./dev/demo

record: ## Record the workflow histories that replay tests use
	go run ./dev/record

bench: ## Measure speed against the floor of this machine
	go run ./dev/bench

generate: ## Generate code from the queries and the API's contract
	$(TOOL) sqlc generate
	$(TOOL) oapi-codegen -config api/openapi/oapi-codegen.yaml api/openapi.yaml

lint: ## Check style, import walls and workflow determinism
	$(TOOL) golangci-lint run ./...
	go vet ./... && $(TOOL) workflowcheck ./workflows/...

fmt: ## Format all code
	gofmt -w $$(git ls-files '*.go')

.PHONY: bin/stack
bin/stack:
	@test -x $@ || echo "building the starter; the very first build also downloads modules"
	@go build -o $@ ./dev/stack/cmd
