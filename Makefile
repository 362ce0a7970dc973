# make demo   simulate a shop, train, distil, build the bundle, serve   (ARGS=--no-serve stops after the table)
# make test   formatting, lint, types, layering and the test suite      (pip alone)
# make check  long repetitions in full: bundles that change, kiosks and retrainings that are killed, thousands of
#             households   (minutes)
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
ORT_WEB := 1.30.0
AXE := 4.14.1
WEB := var/npm/onnxruntime-web-$(ORT_WEB)-axe-core-$(AXE)

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

# Needs Debian's chromium package and npm (see .ci/run).
test-system: install $(WEB)
	$(BIN)/pytest -m system -n 2 --dist loadfile $(ARGS)

# What a browser runs is whole in these two packages; what npm lays beside them is never loaded. One command for both:
# npm takes away what an earlier one has left.
$(WEB):
	@mkdir -p var/npm
	npm install --prefix var/npm --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
		onnxruntime-web@$(ORT_WEB) axe-core@$(AXE)
	@touch $@

# Long repetitions: each runs a few rounds in 'make test', and in full here. The property tests, which take the same
# examples each time in 'make test', take new ones.
check: install
	$(BIN)/python -m scripts.check_swaps --rounds 50
	$(BIN)/python -m scripts.check_crash --rounds 20
	$(BIN)/python -m scripts.check_routine --kill
	TOYGUIDE_EXAMPLES=1 $(BIN)/pytest -n 2 --dist loadfile -m "hypothesis and not system"
	TOYGUIDE_EXAMPLES=25 $(BIN)/pytest -n 2 tests/app/kiosk/test_every_path.py tests/app/kiosk/test_schemathesis.py \
		tests/recommender/serving/test_paths.py

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv var build *.egg-info
