# make up     everything needed, the sandbox, and `pulumi up` of the stack `local`
# make test   every check and every test, the real engine included
# make down   destroys the stack `local` and stops the sandbox
#
#   make up KUBE=mine           use the cluster of your own KUBECONFIG instead of the sandbox's control plane
#   make up PLUGINS=official    use the official provider plugins, where they can be downloaded

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON  ?= python3
KUBE    ?= own
PLUGINS ?= standin
VENV    := .venv/.installed
SIMULATOR := tests/least_privilege/node_modules/.installed
PULUMI  := set -a && . .sandbox/env && set +a && pulumi
PYTEST_ARGS ?=
# Test processes side by side, each with a sandbox of its own; whole files go to one.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
FAULT_ARGS ?=

.PHONY: help up down test check unit engine faults go-test toolchain bench docs constraints clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -7

up: $(VENV) toolchain
	@.venv/bin/python -m sandbox up --kube $(KUBE) --plugins $(PLUGINS)
	$(PULUMI) stack select --create local
	pulumi up --yes --skip-preview
	echo
	echo "The stack 'local' is up: AWS and NVCF are emulators, the cluster is $(if $(filter mine,$(KUBE)),your own,the sandbox's)."
	echo "Look at it:   . .sandbox/env && pulumi stack output --json"
	echo "Take it down: make down"

down: $(VENV)
	@failed=0
	if [ -f .sandbox/env ]; then
	  ($(PULUMI) destroy --stack local --yes --skip-preview --continue-on-error) || failed=$$?
	fi
	.venv/bin/python -m sandbox down
	if [ "$$failed" != 0 ]; then
	  echo "The destroy did not finish, see above. What it left in the sandbox has gone with the sandbox;"
	  echo "in a cluster of your own (KUBE=mine) look for what it left before you start again."
	  exit "$$failed"
	fi

test: check go-test $(SIMULATOR)
	.venv/bin/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

check: $(VENV)
	@.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m cogapp --check docs/*.md README.md

unit: $(VENV) $(SIMULATOR)
	.venv/bin/python -m pytest tests/unit tests/provider tests/program tests/least_privilege $(PYTEST_ARGS)

engine: $(VENV) toolchain
	.venv/bin/python -m pytest tests/engine $(PARALLEL) $(PYTEST_ARGS)

# Strikes every call of every operation: some 1,000 cases. FAULT_ARGS='--slice 1/10' does a tenth.
faults: $(VENV) toolchain
	.venv/bin/python -m tests.faults $(if $(FAULT_ARGS),$(FAULT_ARGS),--page)

go-test: toolchain
	@$(PYTHON) -m toolchain test

toolchain:
	@$(PYTHON) -m toolchain install $(if $(filter mine,$(KUBE)),--only pulumi --only kubectl --only registry)

bench: $(VENV) toolchain
	.venv/bin/python -m benchmarks

docs: $(VENV)
	.venv/bin/python -m cogapp -r docs/*.md README.md

# Resolves requirements*.txt afresh; look at the difference before you commit it.
constraints:
	@dir="$$(mktemp -d)"; trap 'rm -rf "$$dir"' EXIT
	$(PYTHON) -m venv "$$dir"
	sed '/^-c /d' requirements.txt > "$$dir/requirements.txt"
	sed '/^-r /d' requirements-dev.txt > "$$dir/requirements-dev.txt"
	"$$dir/bin/pip" install --quiet -r "$$dir/requirements.txt" -r "$$dir/requirements-dev.txt"
	{ sed -n 1p constraints.txt; "$$dir/bin/pip" freeze --exclude-editable; } > constraints.new
	mv constraints.new constraints.txt

$(VENV): requirements.txt requirements-dev.txt constraints.txt pyproject.toml
	@echo "Installing the Python packages into .venv"
	[ -x .venv/bin/python ] || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(SIMULATOR): tests/least_privilege/package.json tests/least_privilege/package-lock.json
	@echo "Installing the IAM policy simulator that the least-privilege tests ask"
	npm ci --silent --no-audit --no-fund --prefix tests/least_privilege
	touch $@

clean:
	rm -rf .venv .toolchain .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/least_privilege/node_modules
