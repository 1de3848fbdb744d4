"""The spec of a cohort: which levels its axes have, and which of their combinations are meant.

Everything here is pure but for the reading of the spec and of the files beside it; the catalogs are
not needed. ``read_spec`` reads, ``compile_spec`` makes rows.
"""

from daydream.experiment.spec.compiler import Rows, compile_spec
from daydream.experiment.spec.model import AXES, Level, Spec, Value
from daydream.experiment.spec.reader import read_spec

__all__ = ["AXES", "Level", "Rows", "Spec", "Value", "compile_spec", "read_spec"]
