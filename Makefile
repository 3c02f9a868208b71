# Everything a person types. Each target makes the virtual environment itself when it is missing
# or when the locked requirements changed; nothing but make and Python 3.11 or later is presumed.

VENV := .venv
PYTHON := $(VENV)/bin/python
PORT ?= 8000
HOST ?= localhost
PYTEST_ARGS ?=
BENCH_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TLS_CERT TLS_KEY

INSTALL := $(PYTHON) -m pip install --quiet --require-hashes
LOCK := $(VENV)/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help run test check format messages browser bench lock clean

help: ## Show this list
	@echo "make TARGET, where TARGET is"
	@grep -hE '^[a-z]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  %-10s %s\n", $$1, $$2 }'
	@echo "Variables: PORT=8000 (and the three after it), HOST=localhost, TLS_CERT and TLS_KEY (https),"
	@echo "           PYTEST_ARGS (for test), UPGRADE=1 (for lock),"
	@echo "           BENCH_ARGS (for bench; --peers runs other providers beside the site)"

run: $(VENV)/.run-installed ## Start the site, two demo wikis and the operator's site; Ctrl-C stops all
	@exec $(PYTHON) -m demo.run --follow-parent --port "$(PORT)" --host "$(HOST)"

test: check browser ## Check everything, then run the whole suite: real PostgreSQL, real browser
	@$(PYTHON) -m pytest -n 2 $(PYTEST_ARGS)

check: $(VENV)/.test-installed ## Lint, formatting, types, who may import whom
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --check --quiet .
	@AUTHSITE_TEST_ROLE=owner $(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-logo

format: $(VENV)/.test-installed ## Let ruff rewrite what it can
	@$(VENV)/bin/ruff check --fix --quiet .
	@$(VENV)/bin/ruff format --quiet .

messages: $(VENV)/.test-installed ## Bring the translations up to date with the source (locale/README.md)
	@$(PYTHON) -m catalogues

browser: $(VENV)/.test-installed ## Make sure that there is a Chromium for the browser tests
	@$(PYTHON) -m demo.browser

bench: $(VENV)/.run-installed ## Measure what a sign-in costs, on servers of its own (bench/README.md)
	@$(PYTHON) -m bench $(BENCH_ARGS)

lock: $(PYTHON) ## Lock requirements*.in into *.txt, with hashes (UPGRADE=1 takes newer releases)
	@$(INSTALL) -r requirements/lock.txt
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements/demo.in --output-file requirements/demo.txt
	$(LOCK) requirements/dev.in --output-file requirements/dev.txt
	$(LOCK) requirements/peers.in --output-file requirements/peers.txt
	$(LOCK) requirements/lock.in --output-file requirements/lock.txt

clean: ## Remove the virtual environment, the demo's state and every cache
	@python3 -m demo.clean
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; python3 is $$(python3 --version 2>&1)." >&2; exit 1; }
	@echo "Making $(VENV) (once; a minute or two)..."
	@python3 -m venv $(VENV)

$(VENV)/.run-installed: requirements.txt requirements/demo.txt | $(PYTHON)
	@$(INSTALL) -r requirements.txt -r requirements/demo.txt
	@touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed requirements/dev.txt
	@$(INSTALL) -r requirements.txt -r requirements/demo.txt -r requirements/dev.txt
	@touch $@
