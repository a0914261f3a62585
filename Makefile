# Two commands: `make run`, `make test`. The rest: `make help`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv/bin
PORT ?= 8000
JOBS ?= 3
export PORT
# Compiled code is kept, whatever the shell says: else each of the processes of a start compiles all of it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run setup test check format bench demo credentials map screens clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

run: ## install what is needed and start everything; PORT=9000 moves it; Ctrl-C ends it
	@$(PYTHON) mvoting/stack/install.py
	@exec $(VENV)/python -m mvoting run

setup: ## only install, also for tests and checks
	@$(PYTHON) mvoting/stack/install.py --dev

test: setup ## the whole suite, each of JOBS processes on its own mongod and Redis; ARGS="tests/unit -k irv" for a part
	@$(VENV)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## format, lint, types, import contracts, security lint, known vulnerabilities
	@$(VENV)/python -m mvoting.stack.check

format: setup ## bring the code into its format
	@$(VENV)/ruff format . && $(VENV)/ruff check --fix .

bench: setup ## measure; ONLY=cast for one group; writes bench/results.json
	@$(VENV)/python -m tests.load.runner $(if $(ONLY),--only $(ONLY))

demo: ## tell the story against a running `make run`
	@$(VENV)/python -m mvoting demo

credentials: ## show how the demo city's staff sign in, with their present codes
	@$(VENV)/python -m mvoting credentials

map: setup ## write anew what is derived from the code: docs/MAP.md, docs/openapi.json, tables in README and docs/PROPOSALS.md
	@$(VENV)/python -m mvoting.stack.documents

screens: setup ## take a small picture of every screen of the staff panel into docs/screens/
	@SCREENS=docs/screens $(VENV)/python -m pytest tests/browser/test_panel_screens.py

clean: ## remove the data and logs of `make run`
	rm -rf var
