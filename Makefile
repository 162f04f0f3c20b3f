# Everything a person or CI runs. Needs Python >= 3.11 with venv, and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready


.PHONY: demo docs test check witness lock clean

$(READY): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)' || \
	  { echo "suandian needs Python 3.11 or newer with venv: apt-get install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $(READY)

# The main job: five policies on a real grid, side by side; then where the third data centre stands.
demo: $(READY)
	test -d runs/three-areas || $(BIN)/suandian new three-areas runs/three-areas
	$(BIN)/suandian simulate runs/three-areas --out runs/demo
	$(BIN)/suandian simulate runs/three-areas/where.toml --out runs/demo-where

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadfile

# Figures and tables of the pages, printed anew by the commands that stand above them.
docs: $(READY)
	$(BIN)/python tools/figures.py README.md docs/tutorial.md docs/concepts.md docs/jobs.md
	$(BIN)/python -m suandian.maths.document > docs/mathematics.md
	$(BIN)/python -m suandian.bench.document docs/performance.md

# PyPSA in an environment of its own, with its own lock: the independent witness of the tests and of bench replan.
witness: .venv-witness/.ready

.venv-witness/.ready: requirements/witness.lock
	$(PYTHON) -m venv .venv-witness
	.venv-witness/bin/python -m pip install --quiet --require-hashes -r requirements/witness.lock
	touch $@

lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet pip-tools
	.venv-lock/bin/pip-compile --quiet --extra demo --extra figures --extra grid --extra dist --extra dev --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --no-header --allow-unsafe --strip-extras -o requirements/dev.lock pyproject.toml
	.venv-lock/bin/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --allow-unsafe --strip-extras -o requirements/witness.lock requirements/witness.in

clean:
	rm -rf $(VENV) .venv-lock .venv-witness runs
