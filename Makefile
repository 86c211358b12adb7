# Needs Python 3.11 or newer with pip, and make. `make run` starts the product, `make test` checks everything.

VENV := .venv
BIN := $(VENV)/bin
ifndef PYTHON
find_python = for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done
PYTHON = $(eval PYTHON := $(shell $(find_python)))$(PYTHON)
endif
# The system's pip, working on the .venv: Debian's Python cannot put a pip into one without another package.
PIP = $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check -qq
ASSETS := package.json package-lock.json .npmrc assets.json hatch_build.py $(wildcard locales/*/LC_MESSAGES/*.po)
# Compiled at installation, so that the first start is as quick as the others.
PACKAGES := locales domain db activities workflows commands worker api ui launch

.PHONY: run test check drills lock messages clean

run: $(VENV)/installed
	@exec $(BIN)/throughline up

# What fails is tried once more in a process of its own, with servers and databases of its own: a story that was too slow
# beside two thousand others passes there, one that is wrong does not.
test: check
	$(BIN)/pytest -m "not drill" || { [ $$? = 1 ] && $(BIN)/pytest -m "not drill" --last-failed; }

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

drills: $(VENV)/installed-dev
	$(BIN)/pytest -m drill tests/drills || { [ $$? = 1 ] && $(BIN)/pytest -m drill tests/drills --last-failed; }

# Another version of a package comes in only here. `make lock UPGRADE=--upgrade` takes the newest of all.
lock: $(VENV)/python
	$(PIP) install uv
	$(BIN)/uv pip compile $(LOCKING) pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCKING) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(BIN)/python -c '$(BUILD_REQUIRES)' | $(BIN)/uv pip compile $(LOCKING) - --output-file requirements-build.lock

BUILD_REQUIRES := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
LOCKING := $(UPGRADE) --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock"

# Collects the texts of code and pages into the catalogues, and says what is left to translate.
messages: $(VENV)/installed-dev
	$(BIN)/python -m locales

clean:
	rm -rf $(VENV) ui/static/vendor

$(VENV)/python:
	@test -n "$(PYTHON)" || { echo "Throughline needs Python 3.11 or newer, with pip: there is none on the PATH."; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "$(PYTHON) has no pip: install it, then make again."; exit 1; }
	$(PYTHON) -m venv --without-pip $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/python requirements.lock requirements-build.lock pyproject.toml $(ASSETS)
	@echo "Installing Throughline into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@rm -rf $(VENV)/build
	@$(PIP) install --require-hashes -r requirements-build.lock --target $(VENV)/build
	@PYTHONPATH="$$PWD/$(VENV)/build" $(PIP) install --no-build-isolation --no-deps -e .
	@rm -rf $(VENV)/build
	@$(BIN)/python -m compileall -q *.py $(PACKAGES)
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
