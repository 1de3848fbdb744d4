"""What the workflow is compared with: the same calls from a plain asyncio script.

``python -m tests.benchmarks.plain BASE_URL RAW_FOLDER IN_FLIGHT`` reads concepts and templates of
an experiment, makes the three dependent calls of each chain, and writes nothing: no ledger, no
retries, no resuming. Nothing that keeps its answers can be faster.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from jinja2 import Template
from openai import AsyncOpenAI

STAGES = {"draft": ("plain", 1024), "essay": ("longer", 2048), "evaluation": ("novelty", 1024)}


class Script:
    """Asks for every chain of an experiment, some calls at a time."""

    def __init__(self, base_url: str, raw: Path, in_flight: int) -> None:
        self.client = AsyncOpenAI(api_key="none", base_url=base_url)
        self.free = asyncio.Semaphore(in_flight)
        self.templates = {
            stage: Template((raw / f"templates/{stage}/{name}.txt").read_text())
            for stage, (name, _) in STAGES.items()
        }
        folder = raw / "concepts" / "descriptions-paragraph"
        self.concepts = {path.stem: path.read_text() for path in sorted(folder.glob("*.txt"))}

    async def ask(self, stage: str, **values: object) -> str:
        prompt = self.templates[stage].render(values)
        async with self.free:
            answer = await self.client.chat.completions.create(
                model="lab/writer",
                messages=[{"role": "user", "content": prompt}],
                max_tokens=STAGES[stage][1],
                temperature=0.0,
            )
        return answer.choices[0].message.content or ""

    async def chain(self, concept: str) -> str:
        shown = {"name": f"The {concept}", "content": self.concepts[concept]}
        draft = await self.ask("draft", concepts=[shown])
        essay = await self.ask("essay", draft_block=draft)
        return await self.ask("evaluation", response=essay)

    async def run(self) -> None:
        await asyncio.gather(*map(self.chain, self.concepts))


async def main() -> None:
    base_url, raw, in_flight = sys.argv[1:]
    await Script(base_url, Path(raw), int(in_flight)).run()


if __name__ == "__main__":
    asyncio.run(main())
