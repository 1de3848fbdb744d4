#!/bin/sh
# Stands for Python in a test's Snakemake: scripts of rules go to tests/support/warm_scripts.py.
case "$1" in
    */.snakemake/scripts/*.py) exec "$DAYDREAM_TEST_PYTHON" -I -S "${0%/*}/warm_client.py" "$1" ;;
    *) exec "$DAYDREAM_TEST_PYTHON" "$@" ;;
esac
