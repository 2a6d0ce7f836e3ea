# Everything from a fresh machine with Python 3.11 and make. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo airflow test nightly check bench lock hooks spark-defaults cluster-up cluster-status cluster-down clean

# Set by `make ENV=...` or TWINLAKE_ENV; a shell's own variable ENV means something else.
ENV := $(or $(TWINLAKE_ENV),local)
FEEDS ?=
# Each worker of the tests holds a Spark session: about 2 GB.
WORKERS ?= 2
PARALLEL = --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
BIN := .venv/bin
TYPED := $(wildcard libs/twinlake/declare libs/twinlake/vocabulary libs/twinlake/clinical libs/twinlake/plan.py)
export TWINLAKE_ENV = $(ENV)
# What `make cluster-up` says of its cluster; without it, the variables of your own.
ifeq ($(ENV),cluster)
-include $(or $(TWINLAKE_CLUSTER),.twinlake/cluster)/env
export
endif

help: ## this list
	@echo "twinlake: hospital feeds in, one checked lake, a living twin of every patient out"
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'
	@echo
	@echo "  FEEDS=dir   your own feeds, laid out <hospital>/<system>/... with a hospital.toml (demo)"
	@echo "  WORKERS=n   processes that run tests: 2 (test, nightly, check)"
	@echo "  ENV=name    a file of infra/environments: local (default), ci, cluster"

setup: ## the environment: packages, Java, Spark's jars (done once; repairs a half-done one)
	@infra/setup.sh

demo: setup ## feeds to published twins through Airflow, a summary and a report page
	@$(BIN)/twinlake demo $(if $(FEEDS),--feeds "$(FEEDS)")

airflow: setup ## the Airflow UI with the DAGs
	@$(BIN)/twinlake airflow

test: setup ## the tests, as CI runs them
	@TWINLAKE_ENV=ci $(BIN)/pytest $(PARALLEL)

nightly: setup ## the slow tests as well
	@TWINLAKE_ENV=ci $(BIN)/pytest $(PARALLEL) -m "nightly or not nightly"

check: setup ## format, lint, types, import rules and the tests that need no Spark
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(TYPED)
	@PYTHONPATH=libs:. $(BIN)/lint-imports --no-cache
	@TWINLAKE_ENV=ci $(BIN)/pytest $(PARALLEL) tests/unit tests/contract -m "not spark and not nightly"

bench: setup ## the benchmarks
	@$(BIN)/twinlake bench

lock: setup ## resolve the dependencies of pyproject.toml anew
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
	    --extra dev --upgrade -o requirements.lock pyproject.toml

hooks: ## check before every commit
	@printf '#!/bin/sh\nexec make check\n' > "$$(git rev-parse --git-path hooks)/pre-commit"
	@chmod +x "$$(git rev-parse --git-path hooks)/pre-commit"
	@echo "make check runs before every commit"

spark-defaults: setup ## the Spark properties of ENV, for spark-submit --properties-file
	@$(BIN)/python -m twinlake.engine.session

cluster-up: setup ## a small cluster of processes on this machine, for ENV=cluster
	@infra/cluster.sh up

cluster-status: ## what of it runs
	@infra/cluster.sh status

cluster-down: ## stops it
	@infra/cluster.sh down

clean: ## removes the environment and the caches; lakes under .twinlake stay
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis libs/*.egg-info build
