# Everything a developer or an evaluator runs. Needs python3 (3.11 or newer), git and make; nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
FIND_PYTHON := test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed"; exit 1; };

.PHONY: help install dev dist try-dist try-image demo demo-reset test slow-tests random-tests check bench install-matrix starts \
	browser-tests reference lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

install: ## Prepare .venv for running: the hub, the modules in plugins/, and what requirements.lock names
	@$(FIND_PYTHON) $(PYTHON) tools/install.py

dev: ## Add to .venv what tests and checks need (requirements-dev.lock)
	@$(FIND_PYTHON) $(PYTHON) tools/install.py --dev

demo: install ## A demonstration with a made-up district; prints the address and the accounts
	@$(BIN)/hub demo

demo-reset: install ## Begin the demonstration anew
	@$(BIN)/hub demo --reset

test: dev ## The tests of every day; HUB_TEST_DATABASE_URL names another PostgreSQL
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not slow" $(ARGS)

slow-tests: dev ## What `make test` leaves to continuous integration: long runs, documents in English
	$(BIN)/python -m pytest -n auto --dist worksteal -m "slow and not browser" $(ARGS)

check: dev ## Style, types, import contracts and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: dev ## Speed beside pgbench on the same server; writes build/bench.json
	$(BIN)/python -m tests.bench $(ARGS)

browser-tests: dev ## Walk through the whole loop in Chromium (needs the system's chromium)
	$(BIN)/python -m pytest -m browser $(ARGS)

install-matrix: ## Try "make demo" and "make test" on many kinds of machine (root, Linux, an hour or two)
	$(PYTHON) -m tests.matrix $(ARGS)

random-tests: dev ## The tests in a random order, properties with ten times as many random examples
	@seed=$${HUB_TEST_SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; echo "HUB_TEST_SEED=$$seed"; \
	HUB_TEST_SEED=$$seed HUB_TEST_SEARCH=$${HUB_TEST_SEARCH:-10} $(BIN)/python -m pytest -n auto --dist worksteal \
		-m "not browser and not slow" --hypothesis-seed=$$seed $(ARGS)

starts: dev ## Start the server anew 32 times, each under simultaneous first requests
	HUB_TEST_STARTS=$${HUB_TEST_STARTS:-32} $(BIN)/python -m pytest tests/integration/test_start_under_load.py $(ARGS)

reference: dev ## Write docs/reference/ anew from the code; a test fails when a page is stale
	$(BIN)/python -m tests.reference

COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --quiet

lock: dev ## Find newer versions of everything and write the three locks
	$(COMPILE) pyproject.toml --group dev --upgrade -o requirements-dev.lock
	$(COMPILE) pyproject.toml -c requirements-dev.lock --upgrade -o requirements.lock
	$(COMPILE) --group build -c requirements-dev.lock --upgrade -o requirements-build.lock

dist: ## Build the wheels of the hub and its modules into dist/
	@$(FIND_PYTHON) $(PYTHON) tools/dist.py

try-dist: dist ## Install the wheels from dist/ in a clean environment and look at what they serve
	@$(FIND_PYTHON) $(PYTHON) tools/try_dist.py

try-image: ## Do the Containerfile's steps without an engine and run the result (root, debootstrap; ARGS="--base FOLDER")
	@$(FIND_PYTHON) $(PYTHON) tests/container/try_image.py $(ARGS)

clean: ## Remove .venv and everything that was made; the data folder stays
	rm -rf .venv build dist referral_ui/referral_ui/static/vendor
