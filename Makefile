PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint format clean

run: .env $(VENV)/.runtime ## Serve the site with demo data at http://localhost:$(PORT)/
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py createcachetable
	@$(BIN)/python manage.py seed_catalog
	@$(BIN)/python manage.py seed_demo --once
	@$(BIN)/python manage.py worker & worker=$$!; trap 'kill $$worker 2>/dev/null' EXIT; \
		$(BIN)/python manage.py runserver $(PORT)

test: $(VENV)/.development ## Run the whole suite
	@$(BIN)/python -m pytest -n auto

lint: $(VENV)/.development ## Check style, types and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/bandit -q -c pyproject.toml -r . -x ./.venv,./tests
	@$(BIN)/djlint --check --lint templates

.env:
	@cp .env.example .env

$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
