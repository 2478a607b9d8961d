# `make up` and `make test` are all that is needed; `make help` lists the rest.
STACK ?= dev
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

ENV := eval "$$(lab/env.sh)"

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is needed: Python packages, Pulumi, a Docker engine, images
	@lab/setup.sh

.PHONY: up
up: setup ## make or change the infrastructure STACK (dev), then show it
	@$(ENV)
	lab/stack.sh up $(STACK)

.PHONY: preview
preview: setup ## show what `make up` would change
	@$(ENV)
	lab/stack.sh preview $(STACK)

.PHONY: status
status: ## show machines, addresses and logins of STACK, and whether all is well
	@$(ENV)
	python lab/status.py $(STACK) --logins

.PHONY: down
down: ## remove the infrastructure STACK, and the lab's own engine if nothing else runs on it
	@$(ENV)
	lab/stack.sh down $(STACK)

.PHONY: env
env: ## print what plain `pulumi` needs: eval "$$(make env)"
	@lab/env.sh

.PHONY: check
check: ## lint and type-check everything
	@lab/setup.sh tools
	lab/test-tools.sh
	$(ENV)
	lab/check.sh

.PHONY: test
test: check setup ## run every test
	@$(ENV)
	pytest tests --numprocesses 2 --dist loadfile

.PHONY: bench
bench: setup ## measure speed and size, RUNS (3) times; prints docs/performance.md's tables, or those of PARTS
	@$(ENV)
	python -m lab.bench $(PARTS) --runs $(or $(RUNS),3)

.PHONY: stop
stop: ## stop the lab's own engine and registry, where they are used
	@lab/stop.sh
