# `make help` lists the goals. `make up` and `make test` install what they need.
STACK ?= dev
STACK_FROM := $(origin STACK)
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

# What a person, or the name of a branch in a pipeline, gives as a value is no code: make expands nothing in it, and a shell
# gets it as one word, $(call quoted,VARIABLE).
$(foreach variable,STACK NAME FROM POOL HOST EXAMPLE KEYS SEED,$(eval override $(variable) := $$(value $(variable))))
define line_end


endef
quoted = '$(subst ','\'',$(subst $(line_end), ,$($(1))))'

# Each recipe is one command, joined by &&, since GNU make 3.81 of macOS runs each line in a shell of its own.
# SETUP installs what the stack needs, or the given parts of it; ENV prepares the shell for the stack, DEV for developers.
# The last command takes the place of the shell, so that a signal for make reaches it.
SETUP := tools/setup.sh --stack $(call quoted,STACK)
ENV := environment=$$(tools/env.sh $(call quoted,STACK)) && eval "$$environment" && exec
DEV := environment=$$(tools/env.sh) && eval "$$environment" &&
# STACK of the environment: said aloud, as an `export STACK=prod` of another day is easily forgotten.
ifneq ($(filter environment%,$(STACK_FROM)),)
$(shell printf 'nuvla-swarm: STACK=%s comes from the environment\n' $(call quoted,STACK) >&2)
NAMED := printf 'nuvla-swarm: error: make down removes no stack that the environment names: make down STACK=%s\n' $(call quoted,STACK) >&2 && exit 1 &&
endif
# Files in their own order: those that take minutes have few tests, and would come last if ordered by that.
PYTEST := pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
STACKS = $(patsubst Pulumi.%.yaml,%,$(wildcard Pulumi.*.yaml))
FAST := not engine and not tools and not slow and not thorough

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {gsub(/[$$][$$]/, "$$"); printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nStacks with a file: %s\n' $(call quoted,STACKS)

##@ For operators. STACK (dev) names the stack. DIFF=1 shows each changed line, VERBOSE=1 each resource; YES=1 answers yes.

.PHONY: up
up: ## create or change the infrastructure, then show it
	@$(SETUP) && $(ENV) python -m tools.stack up $(call quoted,STACK)

.PHONY: preview
preview: ## show what `make up` would change; EXAMPLE=exoscale-target previews an example
ifdef EXAMPLE
	@tools/setup.sh tools && $(DEV) python -m tools.preview_without_state examples/$(call quoted,EXAMPLE).yaml
else
	@$(SETUP) && $(ENV) python -m tools.stack preview $(call quoted,STACK)
endif

.PHONY: status
status: ## show machines, addresses and logins, and whether all is well
	@$(SETUP) tools && $(ENV) python -m tools.stack status $(call quoted,STACK) --logins

.PHONY: down
down: ## remove the infrastructure, and the Docker engine that `make` started if nothing else runs on it
	@$(NAMED) $(SETUP) tools endpoint && $(ENV) python -m tools.stack down $(call quoted,STACK)

.PHONY: recover
recover: ## start the swarm again when most of its managers are dead, and put these back
	@$(SETUP) && $(ENV) python -m tools.stack recover $(call quoted,STACK)

.PHONY: refresh
refresh: ## write the present infrastructure into the state; refused while the swarm does not answer
	@$(SETUP) && $(ENV) python -m tools.stack refresh $(call quoted,STACK)

.PHONY: stack
stack: ## create the settings of a stack NAME from an example FROM: make stack NAME=prod FROM=exoscale-target
	@tools/new_stack.sh $(call quoted,NAME) $(call quoted,FROM)

.PHONY: template
template: ## set the system of new machines on Exoscale by its NAME; POOL for one pool
	@$(SETUP) tools && $(ENV) python -m tools.stack template $(call quoted,STACK) $(call quoted,NAME) $(if $(POOL),--pool=$(call quoted,POOL))

.PHONY: nuvla
nuvla: ## write Nuvla's certificates into files, and print what Nuvla's forms ask for to register a target
	@$(SETUP) tools && $(ENV) python -m tools.stack nuvla $(call quoted,STACK)

.PHONY: hostkey
hostkey: ## print the host key that the machine HOST=<address>[:<port>] shows; compare it with the machine's own
	@tools/host_key.sh $(call quoted,HOST)

.PHONY: env
env: ## print what plain `pulumi` needs for STACK: eval "$$(make env)"
	@tools/env.sh $(call quoted,STACK)

.PHONY: setup
setup: ## install what local machines need: Python packages, Pulumi, a Docker engine, images
	@tools/setup.sh

.PHONY: stop
stop: ## stop the Docker engine and the registry that `make` started
	@tools/stop.sh

##@ For developers. ARGS are options and paths of pytest.

.PHONY: fmt
fmt: ## format the Python code and mend what ruff can mend
	@tools/setup.sh dev && $(DEV) ruff format . && ruff check --fix .

.PHONY: lint
lint: ## check all sources: ruff, mypy, shellcheck, yamllint, actionlint, luacheck; needs no Docker
	@tools/setup.sh dev && $(DEV) tools/dev/lint.sh

.PHONY: unit
unit: ## run the fast tests: no Docker, no tools, no machines; ARGS="-k traefik", ARGS=tests/program
	@tools/setup.sh dev && $(DEV) $(PYTEST) -m '$(FAST)' $(if $(findstring tests,$(ARGS)),,tests) $(ARGS)

.PHONY: check
check: ## install the tools of checks and tests, then lint with all of them
	@tools/setup.sh tools dev && tools/dev/test_tools.sh && $(DEV) CI=true tools/dev/lint.sh

.PHONY: test
test: check setup ## check, then run the tests but the slow suites, on local machines too; MARKS="engine" selects
	@$(DEV) $(PYTEST) -m '$(or $(MARKS),not slow)' tests $(ARGS)

.PHONY: test-slow
test-slow: ## run the slow suites, or one SLICE (1/3) of them as shuffled by SEED; walks have STEPS (40), scripts and `make up` KILLS (6)
	@tools/setup.sh tools dev engine images && $(DEV) $(PYTEST) -m 'slow and not kernel' --slice '$(or $(SLICE),1/1)' --seed '$(SEED)' --steps '$(or $(STEPS),40)' --kills '$(or $(KILLS),6)' tests $(ARGS)

.PHONY: test-kernel
test-kernel: ## run the suites of machines with a kernel of their own, or SUITES=tests/..., or one SLICE as shuffled by SEED
	@tools/setup.sh tools dev engine images && $(DEV) NUVLA_SWARM_MACHINES=guests pytest -m kernel --slice '$(or $(SLICE),1/1)' --seed '$(SEED)' $(or $(SUITES),tests/kernel tests/e2e) $(ARGS)

.PHONY: nightly
nightly: ## run every suite on every engine and kernel, and write docs/tested.md; takes hours
	@tools/dev/nightly.sh $(call quoted,SEED)

.PHONY: images-check
images-check: ## pull the default images, or those of KEYS ("traefik grafana"), and check what the program needs of them
	@tools/setup.sh tools && $(DEV) python -m tools.images_check $(call quoted,KEYS)

.PHONY: bench
bench: ## measure speed and size, RUNS (3) times; prints the tables of docs/performance.md, or of PARTS
	@tools/setup.sh tools dev engine images && $(DEV) python -m bench $(PARTS) --runs $(or $(RUNS),3)

.PHONY: recording
recording: ## record the first `make up` in a new clone, on local machines, and draw it into docs/pictures
	@tools/setup.sh dev && $(DEV) python -m docs.recording

.PHONY: dashboards
dashboards: ## draw the dashboards of STACK, which is up, into docs/pictures
	@tools/setup.sh tools dev && $(ENV) python -m docs.dashboards $(call quoted,STACK)

.PHONY: pins
pins: ## write the requirements lists from their .in files; UPGRADE=1 takes the newest of what these need
	@tools/setup.sh dev && $(DEV) tools/dev/pins.sh $(if $(UPGRADE),--upgrade)

.PHONY: outdated
outdated: ## list pinned versions that are behind: images, engine, Pulumi, Python packages
	@tools/setup.sh dev && $(DEV) python -m tools.dev.outdated
