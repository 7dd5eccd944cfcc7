# DankerChat from the source. `make help` lists every target; the two that a newcomer needs
# are `make run` and `make test`. Works with GNU make 3.81 and bash 3.2, which macOS ships.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PREFIX   := github.com/dankerchat/dankerchat
MODULES   = $(shell scripts/modules.sh)
BINARIES := server/cmd/dankerchatd auth/cmd/chat-auth messaging/cmd/chat-messaging \
            channels/cmd/chat-channels admin/cmd/chat-admin clients/cli/cmd/dankerchat
WEB      := clients/web
DIST     := server/web/dist

# One configuration for building and testing: static binaries, no C compiler needed, and one
# build cache. The race detector alone needs cgo: make race.
export CGO_ENABLED ?= 0

# Runs a command with a real PostgreSQL in TEST_POSTGRES_URL.
WITHPG   = go run $(PREFIX)/server/internal/withpg

ARGS      ?=
TESTFLAGS ?=
PKGS      ?= work

# Stamped into the binaries: 0.1.BUILD, the commit and the day it was made (not the day of the
# build, so that the same commit gives the same binary).
STAMP = $(shell scripts/version.sh ldflags)

.PHONY: help run demo build web test test-go race test-examples test-web test-e2e lint lint-go lint-web \
        fmt generate verify tidy bench faults soak release-check test-docker check-tools setup-test print-binaries clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z][a-z0-9-]*:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  make run ARGS="--listen 127.0.0.1:9000"    arguments for the program'
	@echo '  make test-go TESTFLAGS="-run TestPost -v"  flags for go test'
	@echo '  make race PKGS=$(PREFIX)/messaging   some packages alone'

## Running

run: check-tools web ## build everything that is needed and start DankerChat on SQLite
	go build -ldflags '$(STAMP)' -o bin/ $(PREFIX)/server/cmd/dankerchatd
	exec ./bin/dankerchatd serve $(ARGS)

demo: ## fill a running server with 20 accounts, 10 channels and 2,000 messages
	go run $(PREFIX)/clients/cli/internal/demo $(ARGS)

build: check-tools web ## build the server and the command lines into bin/
	go build -ldflags '$(STAMP)' -o bin/ $(addprefix $(PREFIX)/,$(BINARIES))

web: $(DIST)/index.html ## build the web app into server/web/dist

# The installed packages are as new as the lock file that they were installed from.
$(WEB)/node_modules/.installed: $(WEB)/package-lock.json $(WEB)/package.json
	cd $(WEB) && npm ci --no-audit --no-fund
	@touch $@

$(DIST)/index.html: $(WEB)/node_modules/.installed $(shell scripts/web-sources.sh)
	cd $(WEB) && npm run build
	@touch $@

## Testing

test: check-tools setup-test web build test-go test-examples test-web test-e2e ## run all tests: Go, web, and end to end in a browser
	@echo "make test: everything passed"

test-go: build ## run the Go tests of every module, on SQLite and PostgreSQL
	DANKERCHAT_BIN=$(CURDIR)/bin $(WITHPG) go test -timeout 20m $(TESTFLAGS) work

race: check-tools web ## run the Go tests and their programs under the race detector (slow; needs a C compiler)
	CGO_ENABLED=1 go build -race -ldflags '$(STAMP)' -o bin/race/ $(addprefix $(PREFIX)/,$(BINARIES))
	$(WITHPG) env CGO_ENABLED=1 GORACE=halt_on_error=1 DANKERCHAT_BIN=$(CURDIR)/bin/race go test -race -p 1 -count=1 -timeout 40m $(TESTFLAGS) $(PKGS)

test-examples: ## run each library's examples as a program outside the workspace would
	scripts/test-examples.sh

test-web: $(WEB)/node_modules/.installed ## run the web app's unit tests
	cd $(WEB) && npm test

test-e2e: build ## run the browser tests against the built server, on SQLite and PostgreSQL
	cd $(WEB) && CHROMIUM="$$(../../scripts/find-chromium.sh)" $(WITHPG) npm run test:e2e

test-docker: ## run the tests that start PostgreSQL in a container (needs Docker)
	@docker info >/dev/null 2>&1 || { echo "make test-docker: no Docker engine answers; start one (docker info tells more)" >&2; exit 1; }
	go test -tags=docker -count=1 -run Docker $(TESTFLAGS) $(PREFIX)/server/internal/withpg

bench: build ## measure a real server beside the floor; exits 1 if a promise is missed
	$(WITHPG) -durable go run $(PREFIX)/server/internal/bench $(ARGS)

faults: build ## kill -9 the server 20 times under load and check what it acknowledged; races of sign-in 50 times
	DANKERCHAT_RACE_ROUNDS=50 $(WITHPG) -durable go test -count=1 -run 'Race|Once' $(PREFIX)/auth
	$(WITHPG) -durable go run $(PREFIX)/server/internal/faults $(ARGS)

soak: build ## ten minutes of steady load on each engine; memory and open files must not grow
	$(WITHPG) -durable go run $(PREFIX)/server/internal/bench -only soak -seconds 600 $(ARGS)

release-check: ## rehearse a release: go install and go get at a version, from a local clone
	scripts/release-check.sh

## Keeping it tidy

lint: lint-go lint-web ## lint Go, file lengths and the web app

lint-go:
	scripts/lint.sh

lint-web: $(WEB)/node_modules/.installed
	cd $(WEB) && npm run lint

fmt: $(WEB)/node_modules/.installed ## format Go and the web app
	scripts/lint.sh fmt
	cd $(WEB) && npm run format

generate: $(WEB)/node_modules/.installed ## regenerate what is made from contracts/
	@for m in $(MODULES); do (cd $$m && go generate ./...) || exit 1; done
	cd $(WEB) && npm run generate

verify: ## fail if generated files are stale, or the API lost or narrowed something
	scripts/verify.sh

tidy: ## go mod tidy in every module
	@for m in $(MODULES); do echo "tidy $$m"; (cd $$m && GOWORK=off go mod tidy) || exit 1; done

clean: ## remove what was built (never a database)
	rm -rf bin coverage.out $(WEB)/node_modules
	find $(DIST) -mindepth 1 ! -name placeholder.html -delete

print-binaries:
	@echo $(addprefix $(PREFIX)/,$(BINARIES))

check-tools:
	@scripts/check-tools.sh

setup-test:
	@scripts/setup-test.sh
