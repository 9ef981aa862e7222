# Everything a person types. Only python3 (3.11 or later) and make need to be on the machine.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := .venv/bin
# The demo lets anybody step into any role. A pilot with real people: make run TONGXIN_DEMO=0
TONGXIN_DEMO ?= 1
# Production settings with throw-away secrets, to see that they pass Django's own checks.
AS_PRODUCTION := TONGXIN_PRODUCTION=1 TONGXIN_DEMO=0 ALLOWED_HOSTS=tongxin.example \
	SECRET_KEY=only-to-check-the-settings-3f1c0b7e9a5d4c2f8b6a1e0d7c9f5b3a2e4d6f8a0c1b \
	TONGXIN_CONTACT_KEYS=b25seS10by1jaGVjay10aGUtc2V0dGluZ3MtMTIzNDU= \
	DATABASE_URL=postgresql://tongxin@localhost/tongxin TONGXIN_ALIYUN_ACCESS_KEY_SECRET=only-to-check \
	TONGXIN_CHANNELS='[{"provider": "aliyun", "access_key_id": "only-to-check", "sign_name": "示例", "templates": {"code": {"id": "SMS_1", "parameters": ["code"]}, "notice": {"id": "SMS_2", "parameters": ["number"]}}}]'

.DEFAULT_GOAL := help
.PHONY: help setup run test check fix browser bench messages reset doctor

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## virtual environment, browser packages, messages (done by the others when needed)
	@$(PYTHON) tools/setup.py

run: setup ## start everything with the demo district; Ctrl-C stops it (PORT=8000 HOST=127.0.0.1)
	@TONGXIN_DEMO=$(TONGXIN_DEMO) exec $(BIN)/tongxin run --host $(HOST) --port $(PORT)

test: setup ## all tests that need no browser (ARGS="-k ledger" for some)
	@$(BIN)/pytest -n auto $(ARGS)

browser: setup ## the tests in Chromium
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ echo "Chromium is needed for these. On Debian: apt install chromium fonts-noto-cjk"; exit 1; }
	@$(BIN)/pytest -o addopts="-q --strict-markers" -n auto --maxprocesses 3 tests/browser $(ARGS)

check: setup ## format, lint, types, import contracts, templates, migrations, messages, deployment
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet src/tongxin
	$(BIN)/tongxin manage makemigrations --check --dry-run
	$(BIN)/python tools/messages.py check
	$(AS_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python tools/process_diagram.py --check
	$(BIN)/python tools/scripts.py

fix: setup ## format and repair what can be repaired by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python tools/messages.py update all

messages: setup ## extract messages into the catalogues, and compile them
	@$(BIN)/python tools/messages.py update all
	@$(BIN)/python tools/messages.py compile

bench: setup ## requests per second beside a bare Django application
	@$(BIN)/python -m bench $(ARGS)

doctor: setup ## say what is in order and what is not
	@TONGXIN_DEMO=$(TONGXIN_DEMO) $(BIN)/tongxin doctor

reset: setup ## delete the demo's data, after asking
	@TONGXIN_DEMO=$(TONGXIN_DEMO) $(BIN)/tongxin demo reset
