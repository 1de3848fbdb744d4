"""The command line: what a person types, what is printed, and how errors end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daydream.cli.main import main
from daydream.experiment.cohort import write_cohort
from daydream.experiment.settings import load_config
from daydream.workflow.project import Project
from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import ROOT, Workspace

Cli = Callable[..., str]
COMMANDS = ("prompts", "concepts", "leaderboard", "status", "failures", "spend")


@pytest.fixture
def cli(
    work: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Cli:
    """Types a command in another folder and gives what is printed, errors in one line."""
    monkeypatch.chdir(work.root.parent)

    def run(*arguments: str, code: int = 0) -> str:
        work.command()  # writes the configuration
        place = ("-d", str(work.root), "--configfile", str(work.root / "config.yaml"))
        assert main([*arguments, *place]) == code
        out, err = capsys.readouterr()
        if code == 0:
            assert err == ""
            return out
        assert err.startswith("Error: ") and err.count("\n") == 1 and "Traceback" not in err
        return err

    return run


@pytest.fixture
def project(work: Workspace) -> Project:
    """The workspace's experiment, its cohort made and nothing else."""
    values = work.config | {"data_root": str(work.data)}
    project = Project(load_config(values=values))
    write_cohort(project.design)
    return project


def width(text: str) -> int:
    """The widest line but for commands, which are to be copied as they are."""
    commands = ("  snakemake", "  daydream")
    return max(len(line) for line in text.splitlines() if not line.startswith(commands))


def test_the_status_of_a_finished_cohort(finished: Workspace, cli: Cli) -> None:
    text = cli("status")
    assert "Cohort trial: 15 of 15 generations are made" in text
    assert "Nothing is missing." in text
    assert json.loads(cli("status", "--json"))["total"] == {
        "wanted": 15,
        "done": 15,
        "missing": 0,
        "failed": 0,
        "refused": 0,
    }


def test_the_spending_of_a_finished_cohort(finished: Workspace, cli: Cli) -> None:
    spent = json.loads(cli("spend", "--json"))
    paid = [(row["stage"], row["model"], row["calls"], row["answers"]) for row in spent["rows"]]
    assert paid == [
        ("draft", "writer", 3, 3),
        ("essay", "writer", 3, 3),
        ("evaluation", "writer", 6, 6),
    ]
    assert spent["total"]["tokens_in"] > 0 and spent["total"]["usd"] is None
    assert "unknown" in cli("spend") and "Nothing was wasted." in cli("spend")
    assert width(cli("spend")) <= 100
    assert json.loads(cli("spend", "--all", "--json"))["total"] == spent["total"]


def test_a_generation_is_shown_by_the_beginning_of_its_id(finished: Workspace, cli: Cli) -> None:
    gen_id = finished.ids("evaluation")[0]
    text = cli("show", gen_id[:14])
    assert gen_id in text and "score " in text
    answer = finished.gen("evaluation", gen_id, "raw.txt").read_text().strip()
    assert answer in text
    wrong = cli("show", gen_id[:-1] + "-", code=1)
    assert "Did you mean" in wrong and gen_id in wrong


def test_a_text_that_proposes_a_command_is_shown_as_it_is_stored(
    finished: Workspace, cli: Cli
) -> None:
    gen_id = finished.ids("draft")[0]
    finished.gen("draft", gen_id).write_text("To go on: snakemake\n")
    assert "\nTo go on: snakemake\n" in cli("show", gen_id, "--config", "k_max=2")


def test_a_generation_is_shown_whatever_happened_to_its_cohort(
    finished: Workspace, cli: Cli
) -> None:
    gen_id = finished.ids("draft")[0]
    (finished.data / "cohorts" / "trial" / "membership.csv").write_text("stage\nx\n")
    assert finished.gen("draft", gen_id).read_text().strip() in cli("show", gen_id)


def test_the_leaderboard_names_the_best(finished: Workspace, cli: Cli) -> None:
    text = cli("leaderboard", "--top", "2")
    assert "Cohort trial: 6 of 6 evaluations scored" in text
    concepts = text.partition("\nCombinations ")[2].splitlines()[1:4]
    assert all("The " in line and " + The " in line for line in concepts[:2])
    assert concepts[2] == "  and 1 more"
    assert width(text) <= 100


def test_another_cohort_is_read_by_the_beginning_of_its_name(finished: Workspace, cli: Cli) -> None:
    own = cli("leaderboard", "--cohort", "tri")
    finished.config["cohort"] = "other"
    assert cli("leaderboard", "--cohort", "tri") == own
    assert "trial" in cli("cohorts") and "6/6" in cli("cohorts")
    assert "no cohort in data/cohorts is called 'may'" in cli("status", "--cohort", "may", code=1)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "axis,level\ncombo_id,x\n", "\0\xff"])
def test_damaged_tables_are_named(finished: Workspace, cli: Cli, content: str) -> None:
    path = finished.data / "6_summary" / "trial" / "ranking.csv"
    path.write_text(content, encoding="latin-1")
    assert "snakemake -f data/6_summary/trial/ranking.csv" in cli("leaderboard", code=1)
    path.unlink()
    assert "snakemake results_analysis" in cli("leaderboard", code=1)


def test_a_leaderboard_of_no_rows_is_refused(work: Workspace) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["leaderboard", "--top", "0"])
    assert refused.value.code == 2


@pytest.mark.thorough
def test_a_failed_run_is_told_by_cause_and_its_targets_can_be_forced(
    work: Workspace, server: MockServer, cli: Cli
) -> None:
    server.fault(Fault.length(), containing="[plain]")
    server.answer(with_="I would rather not say.", containing="Judge", times=1)
    work.run("evaluation", ok=False)

    text = cli("failures")
    assert "2 generation(s) failed" in text
    assert "1 x draft: TruncatedError" in text and "1 x evaluation: ParseError" in text
    assert "Not made: 2 essay(s), 2 evaluation(s)." in text
    assert width(text) <= 100

    targets = cli("failures", "--targets").splitlines()
    causes = json.loads(cli("failures", "--json"))["causes"]
    assert sorted(targets) == sorted(g["target"] for c in causes for g in c["generations"])
    assert all((work.root / target).parent.is_dir() for target in targets)
    assert len(targets) == 2 and not any((work.root / t).exists() for t in targets)

    total = json.loads(cli("status", "--json"))["total"]
    assert total == {"wanted": 15, "done": 9, "missing": 4, "failed": 2, "refused": 0}
    waste = json.loads(cli("spend", "--json"))["wasted"]
    assert {cause: tally["calls"] for cause, tally in waste.items()} == {
        "truncated": 1,
        "unparsed": 1,
        "retried": 0,
        "superseded": 0,
    }

    server.clear_rules()
    work.run("-f", *targets)
    assert cli("failures", "--targets") == ""
    waste = json.loads(cli("spend", "--json"))["wasted"]
    assert (waste["truncated"]["calls"], waste["superseded"]["calls"]) == (1, 1)


def test_a_cohort_without_failures_has_no_targets(project: Project, cli: Cli) -> None:
    assert cli("failures", "--targets") == ""
    assert "Nothing failed in cohort trial." in cli("failures")
    assert "Not made: 3 draft(s), 6 essay(s), 6 evaluation(s)." in cli("failures")


def test_json_and_targets_exclude_each_other(work: Workspace) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["failures", "--json", "--targets"])
    assert refused.value.code == 2


def test_messages_of_providers_are_wrapped_and_paths_are_not(project: Project, cli: Cli) -> None:
    member = next(iter(project.membership.stage("draft")))
    folder = Path(project.layout.generation("draft", member.gen_id))
    folder.mkdir(parents=True)
    error = {"kind": "CallError", "message": "<html>\n" + "no service " * 30}
    (folder / "metadata.json").write_text(json.dumps({"error": error}))
    text = cli("failures")
    assert width(text) <= 100
    assert f"data/gens/draft/{member.gen_id}  (writer)" in text


@pytest.mark.parametrize("command", ["status", "failures", "spend"])
def test_a_cohort_that_was_not_made_says_how_to_make_it(cli: Cli, command: str) -> None:
    assert "was not made yet. Make it: snakemake cohort" in cli(command, code=1)


@pytest.mark.parametrize("command", ["status", "failures", "spend"])
def test_a_damaged_membership_is_named(project: Project, cli: Cli, command: str) -> None:
    Path(project.layout.membership("trial")).write_text("stage,gen_id\nnonsense,x\n")
    assert "membership.csv, line 2" in cli(command, code=1)


def test_a_store_without_a_cohort_has_cost_nothing(cli: Cli) -> None:
    assert "No call was made yet." in cli("spend", "--all")


def test_a_cohort_that_was_redefined_is_stale(project: Project, work: Workspace, cli: Cli) -> None:
    assert json.loads(cli("status", "--json"))["stale"] is False
    work.models({"writer": "both", "reader": "judges"})
    assert json.loads(cli("status", "--json"))["stale"] is True
    assert "snakemake cohort" in cli("status")


def test_damaged_metadata_and_torn_ledgers_stop_no_command(finished: Workspace, cli: Cli) -> None:
    gen_id = finished.ids("draft")[0]
    finished.gen("draft", gen_id, "metadata.json").write_bytes(b"\xff{")
    with finished.gen("draft", gen_id, "attempts.jsonl").open("ab") as file:
        file.write(b'{"at": "20\xff')
    for command in COMMANDS:
        cli(command)
    assert gen_id in cli("show", gen_id)
    assert json.loads(cli("spend", "--json"))["total"]["calls"] == 12


def test_prompts_are_rendered_without_a_call(work: Workspace, server: MockServer, cli: Cli) -> None:
    text = cli("prompts")
    assert "3 prompt(s) rendered, 0 generation(s) already made, 9 prompt(s) wait" in text
    *paths, essay, evaluation = [line.split()[0] for line in text.splitlines()[:-1]]
    assert len(paths) == 3 and (essay, evaluation) == ("essay,", "evaluation,")
    assert "All there is to know of bees." in (work.root / paths[0]).read_text()
    assert server.received == 0
    assert not (work.data / "cohorts").exists()


def test_prompts_are_printed_when_asked_for(work: Workspace, cli: Cli) -> None:
    assert "All there is to know of bees." in cli("prompts", "draft", "--show")
    assert "0 prompt(s) rendered" in cli("prompts", "essay")
    work.replicates(evaluation=2)
    text = cli("prompts", "evaluation", "--show")
    assert text.count("SCORE: X\n<<ESSAY>>") == 1
    assert "evaluation, with a stand-in  7 words, template novelty, asked 12 times: writer" in text
    assert "Name some of: draft, essay, evaluation" in cli("prompts", "drafts", code=1)


def test_prompts_of_what_is_made_are_left_alone(finished: Workspace, cli: Cli) -> None:
    path = finished.gen("draft", finished.ids("draft")[0], "prompt.txt")
    path.write_text("as it was asked")
    assert "0 prompt(s) rendered, 12 generation(s) already made" in cli("prompts")
    assert path.read_text() == "as it was asked"


def test_a_template_that_cannot_be_rendered_is_named(work: Workspace, cli: Cli) -> None:
    work.templates("draft", ["plain"], text="{{ nonsense }}")
    error = cli("prompts", code=1)
    assert "plain.txt, line 1" in error and "nonsense" in error
    work.templates("evaluation", ["novelty"], text="Judge.")
    error = cli("prompts", code=1)
    assert "2 templates cannot be used" in error and "does not show the essay" in error


def test_a_prompt_is_shown_once_with_how_often_it_is_asked(finished: Workspace, cli: Cli) -> None:
    finished.replicates(evaluation=2)
    finished.models({"writer": "both", "judge": "judges"})
    finished.gen("draft", finished.ids("draft")[0]).unlink()
    finished.gen("draft", finished.ids("draft")[0], "prompt.txt").unlink()
    lines = cli("prompts", "evaluation").splitlines()
    assert len(lines) == 7 and all("asked 3 times: writer, judge" in line for line in lines[:6])
    text = cli("prompts", "draft")
    assert "1 prompt(s) rendered, 2 generation(s) already made" in text and "asked once" in text
    finished.raw("concepts/descriptions-paragraph/bees.txt").unlink()
    assert "1 concept(s) have no description at the level asked for" in cli("prompts", "draft")


def test_prompts_for_selected_essays_need_nothing_of_their_drafts(
    finished: Workspace, cli: Cli
) -> None:
    (essay,) = [m for m in finished.members("essay") if m["template_id"] == "longer"][:1]
    chosen = finished.data / "2_tasks" / "selected_essays.txt"
    chosen.parent.mkdir()
    chosen.write_text(essay["gen_id"])
    finished.gen("draft", essay["parent_gen_id"]).unlink()
    finished.templates("draft", ["another"], text="{{ concepts }}")
    finished.models({"writer": "both", "second": "both"})
    assert "1 prompt(s) rendered, 1 generation(s) already made, 0 prompt(s)" in cli("prompts")


def test_concepts_are_found_by_all_of_some_words(work: Workspace, cli: Cli) -> None:
    work.describe("bees", "They dance in the hive.", "sentence")
    found = cli("concepts", "HIVE", "dance").splitlines()
    assert [line.split()[0] for line in found] == ["concept_id", "bees"]
    assert "true    sentence paragraph  The bees" in found[1]
    assert cli("concepts", "hive", "sea") == "No concept contains: hive sea\n"
    assert len(cli("concepts").splitlines()) == 4


def test_long_ids_of_concepts_do_not_run_into_the_next_column(work: Workspace, cli: Cli) -> None:
    long = "a-concept-with-an-id-of-more-than-thirty-two-letters"
    work.concepts((long, "tides"))
    assert f"{long}  true " in cli("concepts")
    assert width(cli("concepts")) <= 100


def test_relative_configuration_files_are_found_from_where_they_are_typed(
    project: Project, work: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.chdir(work.root)
    work.command()
    assert main(["status", "--configfile", "config.yaml", "-d", str(work.root)]) == 0
    assert "Cohort trial" in capsys.readouterr().out


def test_values_on_the_command_line_win_and_may_be_repeated(project: Project, cli: Cli) -> None:
    assert "Cohort trial" in cli("status", "--config", "k_max=2", "--config", "reuse=never")
    assert "cohorts/other" in cli("status", "--config", "cohort=other", "reuse=auto", code=1)


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (*COMMANDS, "show"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        assert "--configfile" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    assert all(f"\n  {command}" in listed for command in (*COMMANDS, "show"))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("k_maxx=3", "Did you mean 'k_max'?"),
        ("k_max", "write key=value"),
        ("filters={", "no YAML"),
        ("data_root=nowhere", "there is no nowhere/1_raw"),
    ],
)
def test_values_that_cannot_be_used_are_named(cli: Cli, value: str, told: str) -> None:
    assert told in cli("status", "--config", value, code=1)


def test_places_that_do_not_exist_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["status", "-d", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.endswith("nowhere: No such file or directory.\n")
    assert main(["status", "--configfile", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml cannot be read" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_named(project: Project, cli: Cli) -> None:
    path = Path(project.layout.membership("trial"))
    path.unlink()
    path.mkdir()
    assert "membership.csv" in cli("status", code=1)


def daydream(work: Workspace, arguments: str, encoding: str = "utf-8") -> tuple[int, str, str]:
    """Run the command in a shell, as `python -m daydream`."""
    work.command()
    line = f"set -o pipefail; {sys.executable} -m daydream {arguments}"
    done = subprocess.run(
        ["bash", "-c", line.replace("CONFIG", f"--configfile {work.root / 'config.yaml'}")],
        capture_output=True,
        cwd=work.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
    )
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


def test_a_reader_that_leaves_early_is_no_error(work: Workspace) -> None:
    assert daydream(work, "concepts CONFIG | true") == (0, "", "")


def test_a_terminal_without_the_characters_gets_marks_instead(work: Workspace) -> None:
    work.write("concepts_metadata.csv", "concept_id,name\nbees,Fj\u00f8rd \u2192\ntides,T\n")
    code, out, err = daydream(work, "concepts CONFIG", encoding="ascii")
    assert (code, err) == (0, "")
    assert "Fj?rd ?" in out


def test_a_count_below_one_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["leaderboard", "--top", "0"])
    assert "argument --top: '0' is not a whole number from 1 on" in capsys.readouterr().err


def test_doctor_has_a_line_for_each_thing_and_pays_for_nothing(
    work: Workspace, server: MockServer, cli: Cli
) -> None:
    lines = cli("doctor").splitlines()
    subjects = [line[8:28].strip() for line in lines]
    assert subjects == [
        *("locks", "locks between hosts", "clock", "inodes", "open files"),
        *("key of mock", "endpoint mock"),
    ]
    assert {line.split()[0] for line in lines} <= {"ok", "unsure"}
    assert server.received == 0


def test_doctor_ends_with_an_error_when_something_is_wrong(
    work: Workspace, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEY_OF_TEST", raising=False)
    work.config["endpoints"]["mock"]["api_key_env"] = "KEY_OF_TEST"
    assert "1 of these must be mended" in cli("doctor", code=1)
