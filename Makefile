# `make run` starts the service, `make test` tests it; nothing but Python 3.11+ is needed before.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
# Flags for pytest: make test ARGS="-k roles".
ARGS ?=
TEST_WORKERS ?= 2
INSTALL_FLAGS := $(if $(OCR),--ocr)

# mypy's Django plug-in reads the settings; nothing connects to anything.
TYPES_ENV := LPRSVC_ENV=test SECRET_KEY=types DATABASE_URL_WEB=postgresql:///types REDIS_URL=redis://

# The first Python that is new enough; PYTHON=… overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; \
	done)

.PHONY: help run test e2e faults bench lint format install install-dev frontend manage pin coverage clean

help: ## This list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /	/' | expand -t 12

run: install frontend ## Install what is missing and run the whole service (OCR=1 adds easyocr)
	@exec $(PY) -m lprsvc.runtime

test: install-dev frontend ## Every test but browser and fault tests
	@$(PY) -m pytest -n $(TEST_WORKERS) $(ARGS)

e2e: install-dev frontend ## Browser tests; needs Chromium
	@$(PY) -m pytest -m browser $(ARGS) tests/browser

faults: install-dev frontend ## Tests that kill and break things
	@$(PY) -m pytest -m faults $(ARGS) tests/faults

bench: install-dev frontend ## Measure, each line as a ratio to its limit
	@$(PY) -m tests.bench $(ARGS)

lint: install-dev ## Style, types, layers, missing migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(TYPES_ENV) $(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	@$(PY) -m tests.harness.migrations

format: install-dev ## Put the code into the one style
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

coverage: install-dev frontend ## The tests, and which branches they leave out
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report
	@$(PY) -m coverage report --include='accounts/policy.py,accounts/services/*' --fail-under=100

manage: install ## A management command beside the running service: make manage ARGS="check"
	@LPRSVC_ENV=example $(PY) manage.py $(ARGS)

install:
	@test -n "$(PYTHON)" || { echo "set-up: Python 3.11 or newer is needed and was not found." >&2; exit 1; }
	@$(PYTHON) lprsvc/runtime/install.py $(INSTALL_FLAGS)

install-dev:
	@test -n "$(PYTHON)" || { echo "set-up: Python 3.11 or newer is needed and was not found." >&2; exit 1; }
	@$(PYTHON) lprsvc/runtime/install.py --dev $(INSTALL_FLAGS)

frontend: install
	@$(PY) -m lprsvc.runtime.frontend

pin: ## Resolve requirements*.in anew and pin the result
	@$(PYTHON) tests/harness/pin.py

clean: ## Remove what was installed; keeps var, the service's data
	rm -rf .venv node_modules lprsvc/static/vendor
