# make demo    a simulated greenhouse, run before your eyes
# make test    all tests, against real brokers and databases
# make test-compiled   the same with the core compiled, as the Debian packages have it
# make check   style, types and who may import whom
# make bench   the benchmarks, each printed as ratios from one run
# make docs    the documentation, in build/docs
# make pictures   its pictures, from a running demonstration
# make deb     Debian packages for amd64 and arm64, in dist/
# make lock    choose new exact versions of all dependencies
# Every target sets up what it needs by itself.

PYTHON ?= python3
BIN := .venv/bin
# real brokers, databases, a second implementation of Modbus, and a browser for the page
TEST_PACKAGES := mosquitto influxdb victoria-metrics socat gcc libc6-dev libmodbus-dev chromium umockdev shellcheck

.PHONY: demo test test-compiled check format bench docs pictures deb lock clean

demo: .venv/installed
	$(BIN)/onsil demo $(ARGS)

test: .venv/installed-dev
	deploy/debian-packages.sh $(TEST_PACKAGES)
	$(BIN)/pytest -n auto --ignore tests/e2e --ignore tests/faults $(ARGS)
	$(BIN)/pytest tests/e2e tests/faults

test-compiled: .venv/installed-dev
	deploy/debian-packages.sh $(TEST_PACKAGES)
	rm -rf build/compiled
	mkdir -p build/compiled
	tar -c --exclude=./.venv --exclude=./.git --exclude=./build . | tar -x -C build/compiled
	$(BIN)/python -m simulators.season.compiling build/compiled
	cd build/compiled && PYTHONPATH=$$PWD ../../$(BIN)/pytest -n auto --ignore tests/e2e --ignore tests/faults $(ARGS)
	cd build/compiled && PYTHONPATH=$$PWD ../../$(BIN)/pytest tests/e2e tests/faults

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed-dev
	deploy/debian-packages.sh mosquitto influxdb victoria-metrics npm gcc libc6-dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

# warnings are errors; every link to a page or a heading of ours is followed, without a network
docs: .venv/installed-dev
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs . build/docs
	$(BIN)/python -m docs.links build/docs
	@echo open build/docs/index.html

pictures: .venv/installed-dev
	deploy/debian-packages.sh chromium
	$(BIN)/python -m docs.pictures

.venv/installed: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Onsil needs Python 3.11 or newer")'
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || deploy/debian-packages.sh python3-venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

deb: .venv/installed-dev
	deploy/debian-packages.sh gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	deploy/debian/build.sh amd64 dist
	deploy/debian/build.sh arm64 dist

# both lists agree: what the tests run with is what a farm runs with
lock:
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
		pyproject.toml --group dev --upgrade -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
		pyproject.toml -c requirements-dev.lock --upgrade -o requirements.lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
