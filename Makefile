# Everything here needs Go and make, and nothing else. The first run fetches the
# modules that go.mod and .ci/go.mod pin.

GO      ?= go
TOOL    := $(GO) tool -modfile=.ci/go.mod
GOFMT   := $(shell $(GO) env GOROOT)/bin/gofmt

# What `make bench` measures: patterns of packages and of names, how long, how often.
PKGS    ?= ./...
BENCH   ?= .
TIME    ?= 1s
COUNT   ?= 3
# How long `make fuzz` spends on each target.
FUZZ    ?= 5s

.PHONY: build test bench lint gofmt vet staticcheck determinism house fmt fuzz race clean

build:
	$(GO) build -buildvcs=auto -o bin/turncoat ./cmd/turncoat

# The guards first: they are quick, and go test's closing lines stay at the end.
test: lint
	$(GO) test ./...

lint: gofmt vet staticcheck determinism house

gofmt:
	@files=$$($(GOFMT) -l .) && if [ -n "$$files" ]; then echo "not in gofmt's form (make fmt):"; echo "$$files"; exit 1; fi

vet:
	$(GO) vet ./...
	$(GO) -C .ci vet ./...

staticcheck:
	$(TOOL) staticcheck ./...
	$(GO) -C .ci tool staticcheck ./...

determinism:
	$(GO) -C .ci build -o ../bin/determinism ./cmd/determinism
	$(GO) vet -vettool=$(CURDIR)/bin/determinism ./...

# The import arrows, and the guards' own tests. They read files that the test
# cache does not watch, so it must not answer for them.
house:
	$(GO) -C .ci test -count=1 ./...

bench:
	@$(GO) -C .ci run ./cmd/benchtable -bench '$(BENCH)' -benchtime $(TIME) -count $(COUNT) $(PKGS)

fmt:
	$(TOOL) gofumpt -w .

fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package); do \
			case $$target in Fuzz*) \
				echo "$$package $$target"; \
				$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) $$package || exit 1;; \
			esac; \
		done; \
	done

race:
	$(GO) test -race ./...

clean:
	rm -rf bin out
