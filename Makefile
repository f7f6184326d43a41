# Everything sets itself up: Python >= 3.11 and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test types kernel nightly golden clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m compileall -q twin calibration # even where PYTHONDONTWRITEBYTECODE is set: 0.2 s less of every start
	touch $@

demo: $(VENV)/installed
	$(BIN)/twin demo --out demo

test: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory --jobs=2 types kernel
	$(BIN)/pytest -q -m "not nightly" --numprocesses=logical --dist=loadfile --no-loadscope-reorder --durations=10

types: $(VENV)/installed
	$(BIN)/mypy

kernel: $(VENV)/installed # compiled before two workers of the tests want it at once
	$(BIN)/python tests/kernel.py

nightly: $(VENV)/installed
	$(BIN)/python -m benchmarks.nightly
	$(BIN)/python -m benchmarks.defects

golden: $(VENV)/installed
	$(BIN)/python tests/golden/refresh.py

clean:
	rm -rf $(VENV) demo out
