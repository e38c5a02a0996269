PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Where nginx is, which whoever is not root has no path to.
export PATH := $(PATH):/usr/sbin

.PHONY: help run stack test drill torture weigh lighthouse screenshots bench lint format requirements messages

help: ## List these commands
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

run: .env $(VENV)/.runtime ## Serve the site with demo data at http://localhost:$(PORT)/
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py createcachetable --verbosity 0
	@$(BIN)/python manage.py seed_catalog
	@$(BIN)/python manage.py seed_demo --once
	@$(BIN)/honcho start --port $(PORT)

stack: $(VENV)/.development ## Start the whole production here: nginx, PostgreSQL with a replica, Redis, S3, mail (OPTIONS=--help)
	@$(BIN)/python -m deploy.stack $(OPTIONS)

test: $(VENV)/.development ## Run the whole suite, or a part of it: make test PYTEST="-m browser"
	@$(BIN)/python -m pytest -n auto --maxschedchunk=2 $(PYTEST)

drill: $(VENV)/.development ## Lose everything and restore it from the backup (needs PostgreSQL and pgBackRest)
	@$(BIN)/python -m pytest --quiet --capture=no palitas/tests/drill.py

torture: .env $(VENV)/.development ## Race processes and kill workers, on databases of its own (an hour or more)
	@$(BIN)/python manage.py torture
	@if command -v nginx >/dev/null && command -v redis-server >/dev/null; then $(BIN)/python -m deploy.stack --torture; \
	else echo 'nginx or redis-server is missing: `make stack OPTIONS=--torture` installs them and kills servers.'; fi

weigh: .env $(VENV)/.development ## Load pages like a phone, count what comes over the wire, write it to docs/interface.md
	@$(BIN)/python manage.py weigh --write

lighthouse: .env $(VENV)/.development var/lighthouse/node_modules ## Measure the main pages with Lighthouse (needs npm and Chromium)
	@$(BIN)/python manage.py lighthouse

screenshots: .env $(VENV)/.development ## Photograph the main pages for docs/interface.md (needs Chromium)
	@$(BIN)/python manage.py screenshots

bench: .env $(VENV)/.development ## Measure the pages that are opened most, with 1,000 and 100,000 listings (minutes)
	@$(BIN)/python manage.py bench

lint: $(VENV)/.development ## Check style, types and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@ENVIRONMENT=development $(BIN)/mypy .
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive .
	@$(BIN)/djlint --quiet --lint templates

format: $(VENV)/.development ## Put the code into the house style
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

requirements: $(VENV)/.development ## Pin the versions anew from requirements*.in
	@$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-find-links --upgrade -o requirements.txt requirements.in
	@$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-find-links --upgrade -o requirements-dev.txt requirements-dev.in

messages: $(VENV)/.development ## Collect the strings to translate (needs gettext) and compile the translations
	@$(BIN)/python manage.py makemessages --locale en --no-obsolete --no-wrap --add-location file --ignore 'tests' --ignore '.venv/*' --ignore 'var/*'
	@$(BIN)/python manage.py compilemessages --ignore '.venv/*'

var/lighthouse/node_modules:
	@npm install --prefix var/lighthouse --no-audit --no-fund --silent lighthouse@12

.env:
	@cp .env.example .env

$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
