# `make help` lists the targets. `setup` runs by itself when requirements have changed.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed-$(shell cat requirements-dev.txt | cksum | cut -d' ' -f1)
# Tests wait more than they compute: two a processor.
WORKERS := $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
CORE := bot/domain/*,bot/pipeline/*,bot/commands/*
.PHONY: help setup demo run check lint test cover bench bench-peers soak lock clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv and install the pinned, hashed requirements

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Newsthread needs Python 3.11 or newer: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(STAMP) ## the whole job on this machine: sample news, chat page at http://127.0.0.1:8080
	$(BIN)/python -m bot demo

run: $(STAMP) ## the real thing, with the feeds of config/newsthread.toml
	$(BIN)/python -m bot run

check: lint cover ## all that CI runs

lint: $(STAMP) ## ruff, mypy and the import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) ## the tests
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup -m "not soak" tests

cover: $(STAMP) ## the tests; they take every branch of the core, and 90 % of the rest
	$(BIN)/coverage erase
	@# what is slow is run without being measured: that would take half as long again
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup -m "not soak and not slow" --cov --cov-report= tests
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup -m "slow and not soak" tests
	$(BIN)/coverage report --include='$(CORE)' --fail-under=100
	$(BIN)/coverage report --omit='$(CORE)' --fail-under=90

bench: $(STAMP) ## the benchmarks: one table
	$(BIN)/python -m benchmarks

bench-peers: $(STAMP) ## what polling costs beside reader, newsboat, sfeed and rss2email (an hour)
	$(BIN)/python -m benchmarks.peers

soak: $(STAMP) ## long fuzz, kill and soak runs (minutes)
	$(BIN)/pytest -q -m soak tests

lock: ## compile requirements*.txt from pyproject.toml (needs uv)
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.txt
	uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@# lxml's extra is a dependency of ours by name; pip 23 cannot install it as an extra with hashes
	sed -i.old 's/^lxml\[html-clean\]==/lxml==/' requirements.txt requirements-dev.txt && rm requirements*.txt.old

clean: ## remove what was made: the environment, caches, the databases under var/
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info .coverage*
