"""DayDreaming: can a language model come up with an idea when it is shown other ones?"""

import os

__version__ = "0.2.0"

# Sums in another order end in other digits, and a fit that is searched for amplifies them: numbers
# are computed with one thread everywhere, as in the jobs of Snakemake, which sets the same.
for _library in ("OMP", "GOTO", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")
