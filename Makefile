# Every target installs what it needs into .venv first; nothing else on the machine changes, but for
# Debian packages that a target names, where it may install them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help test coverage lint docs demo benchmark format clean

PYTHON ?= python3
ARGS ?=
bin := .venv/bin

help:  ## Show this list.
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

test: .venv/checks.installed  ## Check style and types, build the docs, run all tests.
	$(MAKE) --jobs=2 --output-sync lint docs
	$(bin)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder --durations=10 -m "not alone" $(ARGS)
	$(bin)/python -m pytest -m alone $(ARGS) || [ $$? -eq 5 ]  # 5: ARGS name none of them

coverage: .venv/test.installed  ## Run all tests and report what they reach; half as slow again.
	$(bin)/python -m pytest --cov --cov-report=term $(ARGS)

lint: .venv/lint.installed  ## Check style and types.
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy

docs: .venv/docs.installed  ## Build the documentation into docs/_build.
	$(bin)/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build
	@echo "The documentation is in docs/_build/index.html"

demo: .venv/package.installed  ## Show a session on real data, then serve it; ARGS=--once ends it.
	$(bin)/python -m atomlite demo $(ARGS)

benchmark: .venv/benchmark.installed  ## Measure speed against the targets; takes minutes.
	@command -v wrk >/dev/null || { apt-get update -qq && apt-get install -y -qq wrk; }
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null \
		|| { apt-get update -qq && apt-get install -y -qq postgresql; } \
		|| echo "The lines that need PostgreSQL will be left out."
	$(bin)/python -m tests.benchmarks

format: .venv/lint.installed  ## Rewrite the code in the house style.
	$(bin)/ruff check --fix
	$(bin)/ruff format

clean:  ## Remove .venv and everything that the other targets make.
	rm -rf .venv docs/_build .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A bare Debian has python3 without ensurepip.
.venv/bin/python:
	@$(PYTHON) -c "import ensurepip" 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv .venv
	$(bin)/python -m pip install --quiet --upgrade "pip>=25.1"

.venv/package.installed: pyproject.toml | .venv/bin/python
	$(bin)/python -m pip install --quiet --editable ".[demo]"
	@touch $@

# At once: pip looks for what fits together a single time.
.venv/checks.installed: pyproject.toml .venv/package.installed
	$(bin)/python -m pip install --quiet --group lint --group docs --group test
	@touch .venv/lint.installed .venv/docs.installed .venv/test.installed $@

.venv/%.installed: pyproject.toml .venv/package.installed
	$(bin)/python -m pip install --quiet --group $*
	@touch $@
