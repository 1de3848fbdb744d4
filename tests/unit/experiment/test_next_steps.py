"""The commands that are proposed after failures."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, replace
from pathlib import Path

from daydream.experiment.next_steps import Options, next_steps
from daydream.store.failures import Failure
from daydream.store.layout import Layout
from daydream.store.ledger import Attempt

TYPED = Options("my study", ("a.yaml", "b.yaml"), ("cohort=007", "filters={models: [x]}"))


def test_a_command_carries_the_options_that_were_typed_and_can_be_typed_again() -> None:
    line = TYPED.command("snakemake", "-f", "a b.txt", config=["allow_incomplete=true"])
    assert shlex.split(line) == [
        *("snakemake", "-f", "a b.txt"),
        *("--directory", "my study"),
        *("--configfile", "a.yaml", "b.yaml"),
        *("--config", "cohort=007", "filters={models: [x]}", "allow_incomplete=true"),
    ]


def test_without_options_a_command_is_as_it_is() -> None:
    assert Options().command("daydream plan") == "daydream plan"


def test_only_an_answer_that_cannot_be_used_is_asked_for_again() -> None:
    layout = Layout("data")
    cut_off = Failure("draft", "d_1", "ann", "TruncatedError", "cut off")
    unusable = Failure("draft", "d_2", "ann", "ParseError", "no score")
    assert next_steps([], layout, TYPED) == []
    assert not any(" -f " in step.command for step in next_steps([cut_off], layout, TYPED))
    commands = [step.command for step in next_steps([cut_off, unusable], layout, TYPED)]
    assert all("--configfile a.yaml b.yaml" in command for command in commands)
    assert [command for command in commands if "-f data/gens/draft/d_2/parsed.txt" in command]


def test_a_slice_is_tried_again_as_a_slice_and_the_rest_is_done_without_one() -> None:
    failures = [Failure("draft", "d_2", "ann", "ParseError", "no score")]
    options = Options(config=("slice=2/4", "cohort=x"))
    again, ask, incomplete = (step.command for step in next_steps(failures, Layout("d"), options))
    assert again == "snakemake --config slice=2/4 cohort=x"
    assert "slice" not in ask + incomplete
    submitted = replace(options, again="sbatch --array=2 slices.sh 4")
    assert next_steps(failures, Layout("d"), submitted)[0].command == submitted.again


def test_judges_without_a_result_are_asked_again_together(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path))
    failures = [Failure("evaluation", f"v_{n}", "ida", "ParseError", "no score") for n in (1, 2)]
    folder = Path(layout.generation("evaluation", "v_1"))
    folder.mkdir(parents=True)
    answer = Attempt("t", "answer", "now", "e", "m", {}, 1)
    ledger = [replace(answer, fingerprint="earlier"), answer, replace(answer, attempt=2)]
    lines = (json.dumps(asdict(one)) for one in ledger)
    (folder / "attempts.jsonl").write_text("\n".join(lines) + "\n")
    options = Options(config=("cohort=x", "resample=1"))
    commands = [step.command for step in next_steps(failures, layout, options)]
    assert "snakemake --config cohort=x resample=2" in commands  # each was asked twice by now
    single = [step.command for step in next_steps(failures[:1], layout, Options())]
    assert not any("resample" in command for command in single)
