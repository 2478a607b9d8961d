# `make up` and `make test` are all that is needed; `make help` lists the rest.
STACK ?= dev
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

ENV := eval "$$(tools/env.sh)"
# Files in their own order: those that take minutes have few tests, and would come last if ordered by that.
PYTEST := pytest tests --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is needed: Python packages, Pulumi, a Docker engine, images
	@tools/setup.sh

.PHONY: up
up: ## make or change the infrastructure STACK (dev), then show it
	@tools/setup.sh $$(tools/stack.sh parts $(STACK))
	$(ENV)
	tools/stack.sh up $(STACK)

.PHONY: preview
preview: ## show what `make up` would change
	@tools/setup.sh $$(tools/stack.sh parts $(STACK))
	$(ENV)
	tools/stack.sh preview $(STACK)

.PHONY: refresh
refresh: ## note in the state how all that is there is now; refused while the swarm cannot be asked
	@tools/setup.sh $$(tools/stack.sh parts $(STACK))
	$(ENV)
	tools/stack.sh refresh $(STACK)

.PHONY: template
template: ## set the system of new machines on Exoscale, by its NAME; POOL for one pool's
	@tools/setup.sh tools
	$(ENV)
	tools/stack.sh select $(STACK)
	python tools/exoscale_template.py $(STACK) "$(NAME)" $(if $(POOL),--pool $(POOL))

.PHONY: hostkey
hostkey: ## print the host key that an existing machine, HOST=<address>[:<port>], shows; compare it with the machine's own
	@tools/host_key.sh "$(HOST)"

.PHONY: status
status: ## show machines, addresses and logins of STACK, and whether all is well
	@$(ENV)
	python -m tools.status $(STACK) --logins

.PHONY: down
down: ## remove the infrastructure STACK, and the embedded engine if nothing else runs on it
	@$(ENV)
	tools/stack.sh down $(STACK)

.PHONY: env
env: ## print what plain `pulumi` needs: eval "$$(make env)"
	@tools/env.sh

.PHONY: check
check: ## lint and type-check everything
	@tools/setup.sh tools
	tools/dev/test_tools.sh
	$(ENV)
	tools/dev/check.sh

.PHONY: test
test: check setup ## run the tests, but for the slow suites
	@$(ENV)
	$(PYTEST) -m 'not slow'

.PHONY: test-slow
test-slow: setup ## run the slow suites, or one SLICE (1/3) of them as shuffled by SEED; walks have STEPS (40), scripts KILLS (6)
	@$(ENV)
	$(PYTEST) -m slow --slice '$(or $(SLICE),1/1)' --seed '$(SEED)' --steps '$(or $(STEPS),40)' --kills '$(or $(KILLS),6)'

.PHONY: pins
pins: ## write requirements.txt anew from requirements.in; UPGRADE=1 takes the newest of what these need
	@tools/setup.sh tools
	$(ENV)
	tools/dev/pins.sh $(if $(UPGRADE),--upgrade)

.PHONY: outdated
outdated: ## say which pinned versions are behind: images, engine, Pulumi, Python packages
	@tools/setup.sh tools
	$(ENV)
	python -m tools.dev.outdated

.PHONY: bench
bench: setup ## measure speed and size, RUNS (3) times; prints docs/performance.md's tables, or those of PARTS
	@$(ENV)
	python -m bench $(PARTS) --runs $(or $(RUNS),3)

.PHONY: stop
stop: ## stop the embedded engine and registry, where they are used
	@tools/stop.sh
