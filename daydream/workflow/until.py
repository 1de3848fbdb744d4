"""``--until`` a rule of single generations, which Snakemake passes over without a word."""

from __future__ import annotations

from typing import Any

from daydream.errors import ConfigError
from daydream.store.layout import STAGES
from daydream.workflow import snakemake_compat as compat
from daydream.workflow.submission import TARGET_OF_STAGE


def check_until(workflow: Any) -> None:
    """Refuse ``--until`` with a rule whose jobs are known only when the cohort is made.

    Snakemake looks for its jobs before that, finds none and ends with exit code 0.

    Raises:
        ConfigError: naming the target that does what was meant.
    """
    for name in compat.until(workflow):
        for stage in STAGES:
            if name.endswith(f"generate_{stage}"):
                raise ConfigError(
                    f"--until {name} would make nothing: Snakemake looks for jobs of that rule "
                    "before it knows which generations the cohort has. Ask for the target "
                    f"instead: snakemake {TARGET_OF_STAGE[stage]}"
                )
