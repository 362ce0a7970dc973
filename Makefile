# make demo   simulate a shop, train, distil, build the bundle, serve   (ARGS=--no-serve stops after the table)
# make test   formatting, lint, types, layering and the test suite      (pip alone)
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.PHONY: demo test test-system check format install clean

install:
	@$(PYTHON) scripts/bootstrap.py

demo: install
	@$(BIN)/toyguide demo $(ARGS)

test: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

# Needs Debian's chromium package (see .ci/run).
test-system: install
	$(BIN)/pytest -m system $(ARGS)

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv var build *.egg-info
