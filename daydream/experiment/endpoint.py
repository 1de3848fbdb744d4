"""Where calls go: an endpoint's address, limits and abilities."""

from __future__ import annotations

from dataclasses import dataclass, field

from daydream.experiment.config_types import (
    STRICT,
    Body,
    Count,
    Engine,
    Flag,
    Names,
    NewKeys,
    RateOrNull,
    Seconds,
    SecondsFromZero,
    Share,
    Structures,
    TextOrNull,
    Texts,
    Url,
)


@dataclass(frozen=True)
class Endpoint:
    """Anything that speaks OpenAI chat completions.

    One of ``base_url`` (a server), ``engine`` (in this process) and ``serve`` (a server that is
    started for the run) is set. The text below a field is
    its row in the table of config/README.md; ``name`` is the endpoint's key in the configuration.
    """

    __pydantic_config__ = STRICT

    name: str
    base_url: Url | None = None
    """A server, such as `https://openrouter.ai/api/v1`. A query (`?api-version=...`) is added to
    every request. See docs/endpoints.md."""
    engine: Engine | None = None
    """Run a GGUF file inside this process, on CPU cores."""
    serve: TextOrNull = None
    """The command of a server that each run (on a cluster, each slice) starts, looks after and
    ends, for instance `vllm serve Qwen/Qwen3-8B --host {host} --port {port}`. See
    docs/cluster.md."""
    serve_once: Flag = False
    """For `serve`: all runs call one server, which `daydream serve` starts on some host; they find
    it by its endpoint file in the data root."""
    model_path: TextOrNull = None
    """For `engine`: the GGUF file. `null`: the SmolLM2-135M-Instruct file that `make setup`
    installs."""
    api_key_env: TextOrNull = None
    """The environment variable that holds the key. `null`: the server wants none."""
    max_concurrency: Count = 32
    """Most calls under way at once (shipped: `embedded` 4, `openrouter` 32). `cores` in
    `profiles/default/config.yaml` (64) is the limit over all endpoints."""
    requests_per_minute: RateOrNull = None
    """Most calls started in a minute; `null`: no limit."""
    tokens_per_minute: RateOrNull = None
    """Most tokens, in and out, in a minute; `null`: no limit."""
    timeout_s: Seconds = 600.0
    """How long one call may take."""
    deadline_s: Seconds = 3600.0
    """No further try of a generation starts later than this after its first."""
    max_attempts: Count = 6
    """Tries of one generation. Refusals for going too fast (status 429) do not count; the deadline
    bounds them."""
    headers: Texts = field(default_factory=dict)
    """Added to every request, for instance `{X-Title: my study}`."""
    extra_body: Body = field(default_factory=dict)
    """Added to the body of every request, for instance `{top_p: 0.9}` or a provider's routing
    (shipped: `embedded` has `{repeat_penalty: 1.1, repeat_last_n: 256}`). Part of what tells
    answers apart: another value is another request."""
    body_keys: NewKeys = field(default_factory=dict)
    """Keys of the body that this server knows by another name, or refuses (`null`), for instance
    `{max_tokens: max_completion_tokens, temperature: null}`. What is asked stays the same, so
    answers that there are stay in use. A model's row may have its own."""
    schema_without: Names = ()
    """Keywords of JSON schemas that this server refuses, for instance `[minimum, maximum]`."""
    api_key_header: TextOrNull = None
    """The header that carries the key, such as Azure's `api-key`. `null`: `Authorization`."""
    structured: Structures = ()
    """Ways in which this server can hold an answer to a shape: `grammar` is llama.cpp's GBNF,
    `json_schema` is `response_format`. With `engine` it is `[grammar]`, also when left empty."""
    batch: Flag = False
    """It has the OpenAI Batch interface (`/files`, `/batches`); used when the top-level `batch` is
    `true`."""
    batch_wait_s: SecondsFromZero = 5.0
    """A batch leaves when no request was added for so long."""
    batch_poll_s: Seconds = 30.0
    """How often a batch is looked at; up to ten times slower the longer it takes."""
    batch_max_requests: Count = 50_000
    """Most requests of a batch; one model each."""
    batch_discount: Share = 0.5
    """Share of the list price that a batch saves. Not applied where the endpoint says what it
    billed."""

    @property
    def is_embedded(self) -> bool:
        """Whether the model runs inside this process."""
        return self.engine is not None

    @property
    def is_own(self) -> bool:
        """Whether each process that calls has a server, or an engine, of its own."""
        return self.is_embedded or (self.serve is not None and not self.serve_once)
