"""Makes the package importable, or ends with what is to be installed."""

import os
import sys

# The package is taken from beside the Snakefile, installed or not, here and in `script:` jobs.
HERE = os.path.dirname(str(workflow.current_basedir.get_path_or_uri(secret_free=True)))
sys.path.insert(0, HERE)

try:
    from daydream.experiment.installation import how_to_install, missing_packages
except ModuleNotFoundError:  # a workflow of another source, whose package is to be installed
    sys.exit(
        f"Error: {sys.executable} has no package `daydream`, and there is none in {HERE}. "
        "Install it beside this snakemake, or use the snakemake that it was installed with."
    )

if missing := missing_packages():
    sys.exit(f"Error: {how_to_install(missing)}")

from daydream.experiment.config_file import config_files
