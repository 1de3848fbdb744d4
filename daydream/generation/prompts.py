"""Rendering a template into the prompt that a model sees."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from daydream.errors import PromptError
from daydream.experiment.catalog import description_file
from daydream.experiment.combinations import Combo
from daydream.experiment.model import Catalog
from daydream.store.layout import Layout


class PromptConcept(NamedTuple):
    """A concept as a draft template sees it."""

    concept_id: str
    name: str
    content: str


# Sandboxed: a template shared between laboratories must not run code.
_ENVIRONMENT = SandboxedEnvironment(
    undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
)
_compiled: dict[tuple[str, int, int], jinja2.Template] = {}
_compiling = threading.Lock()


def render(path: str, values: Mapping[str, object]) -> str:
    """Render a template file.

    Raises:
        PromptError: naming the file, the line and the variable or the syntax.

    """
    template = _template(path)
    try:
        return template.render(values)
    except jinja2.UndefinedError as error:
        known = ", ".join(sorted(values))
        raise PromptError(
            f"{path}: {error.message}. This stage's templates know: {known}."
        ) from error
    except Exception as error:  # a template can raise anything that Python can
        raise PromptError(f"{path} cannot be rendered: {error}. Mend the template.") from error


def _template(path: str) -> jinja2.Template:
    """Compile a template once for each state of its file."""
    try:
        stat = Path(path).stat()
    except FileNotFoundError:
        raise PromptError(f"{path} does not exist. Write it, or deactivate its row.") from None
    key = (path, stat.st_mtime_ns, stat.st_size)
    with _compiling:
        if key not in _compiled:
            _compiled[key] = _compile(path)
        return _compiled[key]


def _compile(path: str) -> jinja2.Template:
    try:
        return _ENVIRONMENT.from_string(read_text(path))
    except jinja2.TemplateSyntaxError as error:
        raise PromptError(
            f"{path}, line {error.lineno}: {error.message}. Mend the syntax."
        ) from error


def read_text(path: str) -> str:
    """A text file that a prompt is made of.

    Raises:
        PromptError: when it is not there, or not UTF-8.

    """
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise PromptError(f"{path} does not exist.") from None
    except UnicodeDecodeError as error:
        raise PromptError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def combo_concepts(layout: Layout, catalog: Catalog, combo: Combo) -> list[PromptConcept]:
    """A combo's concepts with the best description there is at its level, or else their name."""
    names = {concept.concept_id: concept.name for concept in catalog.all_concepts}
    concepts = []
    for concept_id in combo.concept_ids:
        path = description_file(layout, concept_id, combo.level)
        name = names[concept_id]
        content = name if path is None else read_text(path).strip()
        concepts.append(PromptConcept(concept_id, name, content))
    return concepts
