# The same words for people and for CI: install · demo · test · lint · airflow · bench · up · lock.

PYTHON_CANDIDATES ?= python3.11 python3
BIN := .venv/bin

# No library phones home; code that is started otherwise has the same switches in warehouse/settings.py.
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED = False
export DBT_SEND_ANONYMOUS_USAGE_STATS = False
export DO_NOT_TRACK = 1
export GX_ANALYTICS_ENABLED = False
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.PHONY: help install demo airflow test test-faults test-identity lint bench up down lock clean

help:
	@echo 'make demo      a six-dealer group, loaded and built by Airflow, in ./demo-workspace'
	@echo 'make test      all tests, on a PostgreSQL that is started for them'
	@echo 'make test-faults  every point of a load killed, ended or cut: the better part of an hour'
	@echo 'make test-identity  matching and ids through long random histories: a quarter of an hour'
	@echo 'make lint      ruff, mypy, sqlfluff, import directions'
	@echo 'make install   the virtual environment .venv alone'
	@echo 'make airflow   Airflow for ./workspace, with its page on 127.0.0.1'
	@echo 'make bench     speed and memory, as ratios measured in one run'
	@echo 'make up        PostgreSQL and Airflow in containers (make down stops them)'
	@echo 'make lock      renew requirements.lock from requirements.in'

install: .venv/.installed

# Two stamps, so that an edited pyproject.toml does not go through the whole lock again.
.venv/.locked: requirements.lock
	@python=; \
	for candidate in $(PYTHON_CANDIDATES); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then \
	        python=$$candidate; break; \
	    fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Dealer360 needs Python 3.11, and none of these is one: $(PYTHON_CANDIDATES). Install it, or say where it is: make install PYTHON_CANDIDATES=/path/to/python3.11" >&2; \
	    exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then \
	    echo "Making .venv with $$python"; \
	    "$$python" -m venv --clear .venv || { echo "This Python cannot make virtual environments; on Debian: apt install python3.11-venv" >&2; exit 1; }; \
	fi
	@echo 'Installing the locked requirements (some minutes the first time)'
	@# Without --no-deps the resolver of an old pip takes the extras of a hashed requirement for new, unhashed ones.
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: install
	@$(BIN)/dealer360 demo --airflow

airflow: install
	@$(BIN)/dealer360 airflow

test: install
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

test-faults: install
	@DEALER360_SOAK=1 $(BIN)/python -m pytest tests/ingestion/test_faults.py tests/ingestion/soak_faults.py

# Matching and ids through more and longer random histories than fit into every run of the tests.
test-identity: install
	@DEALER360_HISTORIES=400 DEALER360_NIGHTS=8 $(BIN)/python -m pytest tests/identity/test_matching.py tests/identity/test_id_histories.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests warehouse/bootstrap
	$(BIN)/lint-imports --no-logo

# What the benchmarks compare with stands in an environment of its own: none of it is needed to run Dealer360.
.venv-benchmarks/.installed: benchmarks/requirements.lock .venv/.locked
	@echo 'Installing what the benchmarks compare with into .venv-benchmarks'
	@$(BIN)/python -m venv --clear .venv-benchmarks
	@.venv-benchmarks/bin/python -m pip install --quiet --no-deps --require-hashes -r benchmarks/requirements.lock
	@touch $@

bench: install .venv-benchmarks/.installed
	@$(BIN)/python -m benchmarks

bench-%: install .venv-benchmarks/.installed
	@$(BIN)/python -m benchmarks $*

up:
	docker compose up --build --detach --wait

down:
	docker compose down

# Needs uv on PATH. requirements.in names what we import or run; everything else in the lock follows from it.
lock:
	uv pip compile requirements.in --output-file requirements.lock --python-version 3.11 --upgrade \
	    --generate-hashes --no-emit-index-url --no-strip-extras --no-header
	uv pip compile benchmarks/requirements.in --output-file benchmarks/requirements.lock --python-version 3.11 --upgrade \
	    --generate-hashes --no-emit-index-url --no-strip-extras --no-header

clean:
	rm -rf .venv .venv-benchmarks .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dbt_project/target dbt_project/logs
