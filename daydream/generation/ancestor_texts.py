"""The texts of a generation's ancestors, as they are on disk."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from daydream.errors import PromptError
from daydream.generation.prompts import decoded, read_bytes
from daydream.store.ids import sha256
from daydream.store.layout import Layout, Stage, exists
from daydream.store.metadata import is_as_written, read_metadata

PARENT_PATIENCE_S = 10.0
SETTLING_S = 1.0  # metadata are written a moment before the text


class AncestorTexts(Protocol):
    """Tells the texts of the generations that a prompt shows."""

    def text(self, stage: Stage, gen_id: str) -> str:
        """What a generation's ``parsed.txt`` holds.

        Raises:
            PromptError: when that is not known.
        """

    def prompt_of_draft(self, gen_id: str) -> str:
        """What a draft's model was asked.

        Raises:
            PromptError: when that is not known.
        """


@dataclass(frozen=True)
class StoredTexts:
    """The texts in the store."""

    layout: Layout

    def text(self, stage: Stage, gen_id: str) -> str:
        """A text as it was written; another run may be writing it again just now.

        Raises:
            PromptError: when it is missing, or was changed after it was written.
        """
        path = self.layout.parsed(stage, gen_id)
        patience = time.monotonic() + PARENT_PATIENCE_S
        while not exists(path) and time.monotonic() < patience:
            time.sleep(0.1)
        content = read_bytes(path)
        settled = time.monotonic() + SETTLING_S
        while not is_as_written(read_metadata(self.layout, stage, gen_id), content):
            if time.monotonic() > settled:
                raise PromptError(
                    f"{path} is not the text that was written: it was changed from outside, and "
                    "what is built on it would not be what the ledger says. Delete it and run "
                    "snakemake: it is made again from its ledger, without a call."
                )
            time.sleep(0.1)
            content = read_bytes(path)
        return decoded(path, content)

    def prompt_of_draft(self, gen_id: str) -> str:
        """The draft's ``prompt.txt``.

        Raises:
            PromptError: when it is missing, or was changed after it was written.
        """
        path = f"{self.layout.generation('draft', gen_id)}/prompt.txt"
        if not exists(path):
            raise PromptError(
                f"{path} does not exist, and a template shows the prompt of the draft. Make the "
                "draft again, or leave `prompt` out of the template."
            )
        text = decoded(path, read_bytes(path))
        written = read_metadata(self.layout, "draft", gen_id).get("prompt_sha256")
        if written and written != sha256(text):
            raise PromptError(
                f"{path} is not the prompt that was asked: it was changed from outside. Restore "
                "it, or delete the draft's parsed.txt and run snakemake, which makes no call."
            )
        return text
