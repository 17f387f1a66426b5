# Everything a developer or an evaluator runs. Needs python3 (3.11 or newer), git and make; nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: help install demo demo-reset test slow-tests random-tests check bench install-matrix starts browser-tests reference lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

install: .venv/.installed ## Prepare .venv from the lock, with the hub and the modules in plugins/

demo: .venv/.installed ## A demonstration with a made-up district; prints the address and the accounts
	@$(BIN)/hub demo

demo-reset: .venv/.installed ## Begin the demonstration anew
	@$(BIN)/hub demo --reset

test: .venv/.installed ## The tests of every day; HUB_TEST_DATABASE_URL names another PostgreSQL
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not browser and not slow" $(ARGS)

slow-tests: .venv/.installed ## What `make test` leaves to continuous integration: long runs, documents in English
	$(BIN)/python -m pytest -n auto --dist worksteal -m "slow and not browser" $(ARGS)

check: .venv/.installed ## Style, types, import contracts and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: .venv/.installed ## Speed beside pgbench on the same server; writes build/bench.json
	$(BIN)/python -m tests.bench $(ARGS)

browser-tests: .venv/.installed ## Walk through the whole loop in Chromium (needs the system's chromium)
	$(BIN)/python -m pytest -m browser $(ARGS)

install-matrix: ## Try "make demo" and "make test" on many kinds of machine (root, Linux, an hour or two)
	$(PYTHON) -m tests.matrix $(ARGS)

random-tests: .venv/.installed ## The tests in a random order, properties with ten times as many random examples
	@seed=$${HUB_TEST_SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; echo "HUB_TEST_SEED=$$seed"; \
	HUB_TEST_SEED=$$seed HUB_TEST_SEARCH=$${HUB_TEST_SEARCH:-10} $(BIN)/python -m pytest -n auto --dist worksteal \
		-m "not browser and not slow" --hypothesis-seed=$$seed $(ARGS)

starts: .venv/.installed ## Start the server anew 32 times, each under simultaneous first requests
	HUB_TEST_STARTS=$${HUB_TEST_STARTS:-32} $(BIN)/python -m pytest tests/integration/test_start_under_load.py $(ARGS)

reference: .venv/.installed ## Write docs/reference/ anew from the code; a test fails when a page is stale
	$(BIN)/python -m tests.reference

lock: .venv/.installed ## Find newer versions of everything and write requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements.lock

clean: ## Remove .venv and everything that was made; the data folder stays
	rm -rf .venv build dist referral_ui/referral_ui/static/vendor

.venv/.installed: requirements.lock pyproject.toml package-lock.json hatch_build.py $(PLUGINS:%=%/pyproject.toml)
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更高版本 / Python 3.11 or newer is needed"; exit 1; }
	@echo "==> 1/3 .venv ($$($(PYTHON) --version))"
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
		echo "请安装 venv，例如：apt install python3-venv / Please install it, for example: apt install python3-venv"; exit 1; }
	@echo "==> 2/3 $$(grep -c '^[a-z].*==' requirements.lock) packages"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@echo "==> 3/3 referral-hub, $(notdir $(PLUGINS))"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation \
		-e . $(PLUGINS:%=-e %)
	@touch $@
