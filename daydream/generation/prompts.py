"""Rendering a template into the prompt that a model sees."""

from __future__ import annotations

import hashlib
import threading
import traceback
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import jinja2
import jinja2.meta

from daydream.errors import PromptError
from daydream.experiment.catalog import description_file
from daydream.experiment.combinations import Combo
from daydream.experiment.model import Catalog
from daydream.generation.template_limits import MAX_TEMPLATE, LimitedSandbox, begin
from daydream.store.files import read_current
from daydream.store.layout import Layout


class _State(NamedTuple):
    """A file as it was at one time."""

    path: str
    modified_ns: int
    size: int


class _Compiled(NamedTuple):
    template: jinja2.Template
    variables: frozenset[str]


class PromptConcept(NamedTuple):
    """A concept as a draft template sees it."""

    concept_id: str
    name: str
    content: str


# Sandboxed: a template shared between laboratories must not run code, nor for ever.
_ENVIRONMENT = LimitedSandbox()
_compiled: dict[_State, _Compiled] = {}
_hashes: dict[_State, str] = {}
_compiling = threading.Lock()


def render(path: str, values: Mapping[str, object], known: Collection[str] | None = None) -> str:
    """Render a template file.

    Args:
        path: of the template.
        values: of the variables that it uses.
        known: what its stage's templates may use, for a message; the names of ``values`` if None.

    Raises:
        PromptError: naming the file, the line and the variable or the syntax.

    """
    template = _template(path).template
    begin()
    try:
        prompt = template.render(values)
    except jinja2.UndefinedError as error:
        names = ", ".join(sorted(values if known is None else known))
        raise PromptError(
            f"{_place(path, error)}: {error.message}. This stage's templates know: {names}."
        ) from error
    except Exception as error:  # a template can raise anything that Python can
        problem = str(error) or type(error).__name__
        raise PromptError(
            f"{_place(path, error)} cannot be rendered: {problem}. Mend the template."
        ) from error
    if not prompt.strip():
        raise PromptError(f"{path} renders to nothing. Write what the model is to be asked.")
    return prompt


def _place(path: str, error: Exception) -> str:
    """The file, and the line of the template where an error arose, if it is known."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "<template>"]
    return f"{path}, line {lines[-1]}" if lines else path


def variables_of(path: str) -> frozenset[str]:
    """The variables that a template file uses and does not set itself.

    Raises:
        PromptError: when it cannot be read or compiled.
    """
    return _template(path).variables


def text_hash(path: str) -> str:
    """The SHA-256 of a file's bytes, computed once for each state of the file; "" without one."""
    try:
        state = _state(path)
        if state not in _hashes:
            _hashes[state] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return _hashes[state]
    except OSError:
        return ""


def _state(path: str) -> _State:
    stat = Path(path).stat()
    return _State(path, stat.st_mtime_ns, stat.st_size)


def _template(path: str) -> _Compiled:
    """Compile a template once for each state of its file."""
    try:
        key = _state(path)
    except FileNotFoundError:
        raise PromptError(f"{path} does not exist. Write it, or deactivate its row.") from None
    with _compiling:
        if key not in _compiled:
            _compiled[key] = _compile(path)
        return _compiled[key]


def _compile(path: str) -> _Compiled:
    text = read_text(path)
    if len(text) > MAX_TEMPLATE:
        raise PromptError(f"{path} has more than {MAX_TEMPLATE} letters. Is it the right file?")
    begin()
    try:
        template = _ENVIRONMENT.from_string(text)
        variables = jinja2.meta.find_undeclared_variables(_ENVIRONMENT.parse(text))
        return _Compiled(template, frozenset(variables))
    except jinja2.TemplateSyntaxError as error:
        wrong = str(error.message).rstrip(".")
        raise PromptError(f"{path}, line {error.lineno}: {wrong}. Mend the syntax.") from error
    except Exception as error:  # nested too deep for Python, or a constant that no Python makes
        raise PromptError(
            f"{path} cannot be compiled: {type(error).__name__}: {error}. Mend the template."
        ) from error


def read_text(path: str) -> str:
    """A text file that a prompt is made of.

    Raises:
        PromptError: when it is not there, or not UTF-8.

    """
    return decoded(path, read_bytes(path))


def read_bytes(path: str) -> bytes:
    """The bytes of a file that a prompt is made of.

    Raises:
        PromptError: when it is not there.

    """
    try:
        return read_current(path)
    except FileNotFoundError:
        raise PromptError(f"{path} does not exist.") from None


def decoded(path: str, content: bytes) -> str:
    """The text that a file's bytes are.

    Raises:
        PromptError: when it is not UTF-8.

    """
    try:
        return content.decode("utf-8-sig")
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
