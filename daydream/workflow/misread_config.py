"""A configuration file that Snakemake itself could not read: one message in place of its traceback.

Snakemake reads ``--configfile`` before the Snakefile, so this workflow has no part in it. The
logger plugin does: the error comes to it as a record, with the traceback in its text.
"""

from __future__ import annotations

from collections.abc import Sequence

from daydream.errors import ConfigError
from daydream.experiment.config_file import read_file
from daydream.workflow.snakemake_compat.asked import config_files


def misread_config(arguments: Sequence[str]) -> str:
    """What is wrong with the configuration files of a command line; blank when nothing is."""
    for path in config_files(arguments):
        try:
            read_file(path)
        except ConfigError as error:
            return str(error)
    return ""
