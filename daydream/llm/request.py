"""What is asked of a model, and the fingerprint by which an answer is found again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from daydream.experiment.endpoint import Endpoint
from daydream.experiment.model import Model, Template
from daydream.experiment.settings import StageSettings
from daydream.llm.dialect import spoken
from daydream.llm.pricing import estimate_tokens
from daydream.llm.structured import Constraint, constraint_for, earlier_bodies, request_body
from daydream.store.ids import sha256

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

# The names by which servers take a limit on the tokens of an answer.
LIMITS = frozenset(("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens"))


@dataclass(frozen=True)
class Request:
    """One prompt for one model, with what it is told before, ``system``, if there is something.

    ``stage`` and ``gen_id`` say whom the answer is for; they are no part of the fingerprint.
    ``constraint`` says how the answer's shape is enforced, ``extra`` is what the endpoint adds to
    every request's body. ``body_keys`` and ``schema_without`` are the endpoint's dialect, which
    changes what is sent and not what is asked. ``shape`` is what the constraint adds,
    ``earlier_shapes`` what it added in earlier versions. ``fallback`` is the name by which another
    model's row has this one as its fallback, ``fallback_reason`` why it is asked in its place; both
    are blank for a model that is asked for itself.
    """

    prompt: str
    model: Model
    endpoint: str
    max_tokens: int
    temperature: float
    replicate: int
    constraint: Constraint = ""
    extra: dict[str, Any] = field(default_factory=dict)
    shape: dict[str, Any] = field(default_factory=dict)
    earlier_shapes: tuple[dict[str, Any], ...] = ()
    stage: str = ""
    gen_id: str = ""
    body_keys: dict[str, str | None] = field(default_factory=dict)
    schema_without: tuple[str, ...] = ()
    fallback: str = ""
    fallback_reason: str = ""
    system: str = ""

    @classmethod
    def build(
        cls,
        prompt: str,
        model: Model,
        stage: StageSettings,
        replicate: int,
        template: Template,
        endpoint: Endpoint,
        gen_id: str = "",
        system: str = "",
    ) -> Request:
        """A request with the stage's parameters, where the model's row has none of its own."""
        constraint = constraint_for(
            template.structured, endpoint.structured, template.stage, bool(template.criteria)
        )
        return cls(
            prompt=prompt,
            model=model,
            endpoint=endpoint.name,
            max_tokens=model.max_tokens or stage.max_tokens,
            temperature=float(
                stage.temperature if model.temperature is None else model.temperature
            ),
            replicate=replicate,
            constraint=constraint,
            extra=_extra(endpoint, model),
            shape=request_body(constraint, template.scale, template.criteria_names),
            earlier_shapes=earlier_bodies(constraint, template.scale),
            stage=template.stage,
            gen_id=gen_id,
            body_keys={**endpoint.body_keys, **dict(model.body_keys)},
            schema_without=endpoint.schema_without,
            system=system,
        )

    @property
    def messages(self) -> list[ChatCompletionMessageParam]:
        """What is sent, by who says it."""
        messages: list[ChatCompletionMessageParam] = []
        if self.system:
            messages.append({"role": "system", "content": self.system})
        return [*messages, {"role": "user", "content": self.prompt}]

    @property
    def tokens_in(self) -> int:
        """Tokens that the messages will be counted as, roughly."""
        return estimate_tokens(self.system + self.prompt)

    @property
    def body(self) -> dict[str, Any]:
        """The body to send, in the endpoint's dialect and without model and messages."""
        parameters = {"max_tokens": self.max_tokens, "temperature": self.temperature}
        body = {**parameters, **self.extra, **self.shape}
        return spoken(body, self.body_keys, self.schema_without)

    @property
    def max_tokens_out(self) -> int:
        """The most tokens of an answer, also where ``extra`` raises the limit or asks for more."""
        limits = [self.extra.get(name) for name in LIMITS]
        answers = [self.extra.get(name) for name in ("n", "best_of")]
        return max([self.max_tokens, *_counts(limits)]) * max([1, *_counts(answers)])

    @property
    def parameters(self) -> dict[str, Any]:
        """What shapes the answer besides prompt and model."""
        parameters = {"max_tokens": self.max_tokens, "temperature": self.temperature, **self.extra}
        return parameters | ({"structured": self.constraint} if self.constraint else {})

    @cached_property
    def fingerprint(self) -> str:
        """Equal for requests that may share an answer."""
        return self._fingerprint(self.shape, self.parameters)

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """Those under which a ledger may have an answer: its own, and those of earlier versions."""
        return self.fingerprints_with(self.parameters)

    def fingerprints_with(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """The same with other parameters."""
        shapes = (self.shape, *self.earlier_shapes)
        return frozenset(self._fingerprint(shape, parameters) for shape in shapes)

    def _fingerprint(self, shape: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
        identity = (self.model.model, self.endpoint, parameters, self.replicate)
        return fingerprint(self.prompt, *identity, shape, self.system)


def _counts(values: Iterable[object]) -> list[int]:
    return [value for value in values if isinstance(value, int) and not isinstance(value, bool)]


def _extra(endpoint: Endpoint, model: Model) -> dict[str, Any]:
    effort = {"reasoning_effort": model.reasoning_effort} if model.reasoning_effort else {}
    return {**endpoint.extra_body, **effort}


def fingerprint(
    prompt: str,
    model: str,
    endpoint: str,
    parameters: Mapping[str, Any],
    replicate: int,
    shape: Mapping[str, Any],
    system: str = "",
) -> str:
    """The SHA-256 by which a request's answers are found in the ledger."""
    key = [prompt, model, endpoint, {**parameters, "shape": shape}, replicate]
    if system:
        key.append(system)
    return sha256(json.dumps(key, ensure_ascii=False, sort_keys=True))
