# SPDX-License-Identifier: GPL-2.0-only
# Two commands do everything: `make demo` (environment + main job) and `make test` (environment + all tests).
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
STAMP  := $(VENV)/.installed

.PHONY: help setup tools demo test lint check bench soak generated lock clean

help:           ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

$(STAMP): pyproject.toml requirements.lock
	@echo "==> environment in $(VENV) (first time: about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

setup: $(STAMP) ## the Python environment

tools:          ## tshark, gnutls-cli, ffmpeg, lua for the interop tests (needs root and apt; otherwise those tests are counted skips)
	@sh tools/install-tools.sh

demo: $(STAMP)  ## KMF, MDD and three endpoints on loopback, then the ladder read from their capture
	@$(BIN)/perc demo $(DEMO_ARGS)

lint: $(STAMP)  ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test: $(STAMP) tools lint ## everything
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)
	@$(BIN)/python -m pytest --nbmake --nbmake-timeout 120 -n $(JOBS) notebooks

bench: $(STAMP) ## speed, as ratios against a peer in the same run
	@$(BIN)/python -m bench

soak: $(STAMP) ## a million mutated packets and ten thousand mutated files through every reader (long)
	@$(BIN)/python -m soak $(SOAK_ARGS)

generated: $(STAMP) ## what is made from other files: conformance page, Wireshark script
	@$(BIN)/python tools/conformance.py
	@$(BIN)/python -m perc_scapy.wireshark.generate

lock:           ## rewrite requirements.lock from pyproject.toml (needs uv)
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --extra dev pyproject.toml tools/build-requirements.in -o requirements.lock

clean:          ## the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis build dist
