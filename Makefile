# One word each. Works with GNU make 3.81 (macOS) and any POSIX sh.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench odoo screenshots format clean need

VENV   := .venv
BIN    := $(VENV)/bin
PIP     = $(BIN)/python -m pip --disable-pip-version-check --quiet
# durable-rules ships no wheel, and what it calls by an old name went in Python 3.13
FLAGS   = $$($(BIN)/python -c 'import sys; print("-DPyEval_CallObject=PyObject_CallObject" if sys.version_info >= (3, 13) else "")')
INSTALL = CPPFLAGS="$(FLAGS) $$CPPFLAGS" $(PIP) install --editable
RUN    := $(VENV)/.installed-run
DEV    := $(VENV)/.installed-dev

help: ## what there is to make
	@echo "dealgate: sales process as code"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r word does; do printf '%-17s %s\n' "$$word" "$$does"; done

demo: $(RUN) ## install, and show what it does on a sample company
	@$(BIN)/dealgate demo

test: check ## install, and run every check and test; ends with what was skipped and why
	@echo "== pytest"
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup -r fEs

check: $(DEV) ## lint, format, types, layers
	@echo "== ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: make format"; exit 1; }
	@echo "== mypy --strict"
	@$(BIN)/mypy --strict
	@echo "== layers"
	@$(BIN)/lint-imports --no-logo

bench: $(DEV) ## time decisions, one and a million, against other engines and code made by hand
	@$(BIN)/python -m bench

odoo: $(DEV) ## set up a real Odoo 19 (Debian's package, in the user's cache), and run the tests that need one
	@$(BIN)/python -m tests.adapters.odoo.setup
	@DEALGATE_REQUIRE=odoo,postgres $(BIN)/python -m pytest -q -m odoo -r fEs

screenshots: $(DEV) ## pictures and printed pages of the published playbook, into screenshots/; needs Chromium
	@$(BIN)/python tests/publish/browser/screenshots.py screenshots

format: $(DEV) ## put every Python file into the one layout
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

need: ## is all there that the machine has to bring? if not, the line that brings it
	@python=$$(.ci/need) && echo "All here: $$python, venv, cc, Python.h"

clean: ## remove the environment, caches and build output
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@python=$$(.ci/need) && echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)

# Each stamp is older than pyproject.toml when what it installs may have changed.
$(RUN): pyproject.toml | $(BIN)/python
	@echo "Installing dealgate into $(VENV) (a minute or two the first time)"
	@$(INSTALL) .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "Installing dealgate and its development tools into $(VENV) (a minute or two the first time)"
	@$(INSTALL) '.[dev,bench,spark]'
	@touch $(RUN) $@
