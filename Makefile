# Everything a developer does has a target here; `make` alone lists them.
# Works with GNU make 3.81 and newer, and needs nothing but Python 3.11 or newer.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first interpreter that runs (a pyenv shim may not), is new enough and can make virtual environments.
ifndef PYTHON
PYTHON := $(shell for candidate in python3.13 python3.12 python3.11 python3.14 python3; do \
  if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
  then command -v $$candidate; break; fi; done)
endif

VENV := .venv
BUILD_VENV := .venv-build
BIN := $(VENV)/bin
RUN := PYTHONPATH="$(CURDIR)/layers/lockstep/python:$(CURDIR)" $(BIN)/python
# The files name every package, so nothing is left for pip to resolve.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
SAM := SAM_CLI_TELEMETRY=0 $(BUILD_VENV)/bin/sam
WORKERS ?= 2
TRANSFORMED := out/template.transformed.json

# What was built for Lambda's Python runs on no other, so it has an environment of its own.
LAMBDA_VENV := .venv-lambda
RUN_BUILT = $(subst $(BIN)/,$(LAMBDA_VENV)/bin/,$(RUN))

# The development set contains the local one, so whoever has it needs nothing more for the demo.
LOCAL_SET := $(firstword $(wildcard $(VENV)/.development) $(VENV)/.local)
DEVELOPMENT_SET := $(VENV)/.development
BUILD_SET := $(BUILD_VENV)/.build
LAMBDA_SET := $(LAMBDA_VENV)/.local

.PHONY: help
help: ## This list
	@echo "Lockstep. Targets (variables in capitals are optional):"
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1m%-15s\033[0m%s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Virtual environments

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv and pip was found on PATH." \
	  "Install one (on Debian and Ubuntu also python3-venv), or name it: make PYTHON=/path/to/python3.13 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: requirements/local.txt | $(BIN)/python
	@echo "Installing what the local stack needs (once, about half a minute)"
	@$(BIN)/python $(PIP_INSTALL) -r $<
	@touch $@

$(VENV)/.development: requirements/development.txt | $(BIN)/python
	@echo "Installing what developing needs (once, about a minute)"
	@$(BIN)/python $(PIP_INSTALL) -r $<
	@touch $@

$(BUILD_SET): requirements/build.txt | $(BIN)/python
	@echo "Installing the SAM CLI (once, about a minute)"
	@$(BIN)/python -m venv $(BUILD_VENV)
	@$(BUILD_VENV)/bin/python $(PIP_INSTALL) -r $<
	@touch $@

$(LAMBDA_SET): requirements/local.txt $(BUILD_SET)
	@echo "Installing what the local stack needs for the Python of Lambda (once, about half a minute)"
	@interpreter=$$($(BUILD_VENV)/bin/python -m tools.build --interpreter) && $$interpreter -m venv $(LAMBDA_VENV)
	@$(LAMBDA_VENV)/bin/python $(PIP_INSTALL) -r $<
	@touch $@

.PHONY: setup hooks
setup: $(DEVELOPMENT_SET) ## Make the virtual environment for development in .venv
hooks: $(DEVELOPMENT_SET) ## Install the git hooks of .pre-commit-config.yaml (they work offline)
	$(BIN)/pre-commit install

# Running it

.PHONY: demo doubles invoke bench-doubles
demo: $(LOCAL_SET) ## Play a day on this machine: both doubles, the embedded AWS, template.yaml (ORDERS= SEED= SERVE=1)
	@$(RUN) -m local.demo $(if $(ORDERS),--orders $(ORDERS)) $(if $(SEED),--seed $(SEED)) $(if $(SERVE),--serve)

doubles: $(LOCAL_SET) ## Run the two doubles alone, until Ctrl-C (CT_PORT= DEPOSCO_PORT=)
	@$(RUN) -m local.doubles $(if $(CT_PORT),--ct-port $(CT_PORT)) $(if $(DEPOSCO_PORT),--deposco-port $(DEPOSCO_PORT))

invoke: $(LOCAL_SET) $(if $(BUILT),$(LAMBDA_SET)) ## Run one function without Docker (FUNCTION=push_orders EVENT=... BUILT=1)
	@$(if $(BUILT),$(BUILD_VENV)/bin/python -m tools.build --runs-here)
	@$(if $(BUILT),$(RUN_BUILT),$(RUN)) -m local.invoke $(if $(BUILT),--built) \
	  $(if $(FUNCTION),--function $(FUNCTION)) $(if $(EVENT),--event $(EVENT))

bench-doubles: $(LOCAL_SET) ## Measure what the doubles can carry
	@$(RUN) -m local.bench_doubles

# Checking it

.PHONY: check format format-check lint types imports template-check test test-all
check: format-check lint types imports template-check test ## Format, lint, types, imports, template and tests: what must hold before a merge

format: $(DEVELOPMENT_SET) ## Rewrite the source in the one format, imports sorted
	$(BIN)/ruff check --quiet --select I --fix .
	$(BIN)/ruff format .

format-check: $(DEVELOPMENT_SET) ## Fail where `make format` would change something
	$(BIN)/ruff format --check .

lint: $(DEVELOPMENT_SET) ## Lint (ruff)
	$(BIN)/ruff check .

types: $(DEVELOPMENT_SET) ## Check the types (mypy, strict)
	$(BIN)/mypy

imports: $(DEVELOPMENT_SET) ## Check that imports point inward only (import-linter)
	PYTHONPATH="$(CURDIR)/layers/lockstep/python:$(CURDIR)" $(BIN)/lint-imports --no-logo

template-check: $(DEVELOPMENT_SET) ## Lint template.yaml as it stands and as SAM expands it
	$(BIN)/cfn-lint template.yaml
	$(RUN) -m tools.expand_template template.yaml $(TRANSFORMED)
	$(BIN)/cfn-lint $(TRANSFORMED)

test: $(DEVELOPMENT_SET) ## All suites but chaos and performance, small seeds (WORKERS=2)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not chaos and not performance"

test-all: $(DEVELOPMENT_SET) ## Every suite, large seeds
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not performance" --hypothesis-profile=thorough
	$(BIN)/python -m pytest -m performance || test $$? -eq 5  # 5: no such test yet

# Building it for AWS

.PHONY: interpreter validate build build-check deploy
interpreter: $(BUILD_SET) ## Tell which python3.13 the build would use
	@$(BUILD_VENV)/bin/python -m tools.build --interpreter

validate: $(BUILD_SET) template-check ## Validate the template with the SAM CLI, then as SAM expands it
	$(SAM) validate --lint

build: $(BUILD_SET) ## Build into .aws-sam/build without containers; needs python3.13 (ARCHITECTURE=host to run it here)
	$(BUILD_VENV)/bin/python -m tools.build $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))

build-check: $(BUILD_SET) ## Build for this machine and import every handler; build for arm64 and look at its binaries
	$(BUILD_VENV)/bin/python -m tools.build --check

deploy: build ## Build anew, for the right processor, and deploy (ENVIRONMENT=staging or prod; dev otherwise)
	$(SAM) deploy $(if $(ENVIRONMENT),--config-env $(ENVIRONMENT))

# Housekeeping

.PHONY: lock clean
lock: $(BUILD_SET) ## Resolve requirements/*.in anew into hash-pinned files for every Python and platform
	$(BUILD_VENV)/bin/python -m tools.lock

clean: ## Remove what was built and measured; virtual environments stay
	rm -rf .aws-sam out .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path './.venv*' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
