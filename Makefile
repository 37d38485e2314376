# make demo   sets up .venv with what a camera installs, and plays the simulated camera
# make test   sets up .venv with everything, then lint, types and tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint types setup rtx clean

help:
	@sed -n '1,2s/^# //p' Makefile

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "fundusgate needs Python 3.10 or newer; name one with make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing the runtime into $(VENV) (a minute or two)"
	$(PIP) --editable .
	@touch $@

# torch first and by its exact pin: a looser range takes a build with several gigabytes of CUDA.
$(VENV)/.everything: $(VENV)/.runtime
	@echo "Installing the workstation's and the tests' packages into $(VENV) (several minutes)"
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[export,training,test]'
	$(MAKE) --no-print-directory rtx
	@touch $@

# TensorRT-RTX parses and builds without a GPU: the audit of what truly runs in INT8. Its packages ask for each other
# from an index of their own, so each is installed alone; where there is none for this machine its tests say so and skip.
RTX := 1.7.1.116
rtx: $(BIN)/python
	@if [ "$$(uname -sm)" = "Linux x86_64" ]; then \
	  for part in libs bindings; do $(PIP) --no-deps tensorrt-rtx-cu13-$$part==$(RTX) || exit 0; done; \
	  $(PIP) --no-deps tensorrt-rtx-cu13==$(RTX) || true; \
	fi

demo: $(VENV)/.runtime
	$(BIN)/fundusgate demo

setup: $(VENV)/.everything

lint: $(VENV)/.everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.everything
	$(BIN)/mypy fundusgate

test: lint types
	$(BIN)/python -m pytest -n auto --dist loadfile

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
