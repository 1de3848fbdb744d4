"""Several models at several endpoints in one cohort, and what goes wrong with them on the way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.support.mock_server import Fault, MockServer
from tests.support.workspace import Run, Workspace

KEYS = {"WRITERS_KEY": "sk-11aa-writers-secret", "JUDGES_KEY": "sk-22bb-judges-secret"}
HEADER = (
    "id,model,provider,display_name,for_generation,for_evaluation,specialization,"
    "endpoint,price_in,price_out,max_concurrency\n"
)


def two_endpoints(work: Workspace, judges: MockServer) -> None:
    """Writers at the first server, a judge at the second; each has a key of its own."""
    work.config["endpoints"] = {
        "writers": {
            "base_url": work.base_url,
            "api_key_env": "WRITERS_KEY",
            "headers": {"X-Title": "Writing"},
            "extra_body": {"top_p": 0.9},
        },
        "judges": {
            "base_url": judges.base_url,
            "api_key_env": "JUDGES_KEY",
            "structured": ["json_schema"],
        },
    }
    work.config["default_endpoint"] = "writers"
    work.write(
        "llm_models.csv",
        HEADER
        + "writer,lab/writer,lab,Writer,true,true,,,1,10,2\n"
        + "judge,lab/judge,lab,Judge,false,true,,judges,,,\n",
    )


def shaped(work: Workspace) -> None:
    """Let the evaluation template ask for an answer that always parses."""
    path = work.raw("evaluation_templates.csv")
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header + ",structured", *(f"{r},json_schema" for r in rows)]) + "\n")


def assert_no_key(work: Workspace, *runs: Run) -> None:
    files = [path for path in work.root.rglob("*") if path.is_file()]
    assert len(files) > 50
    for key in KEYS.values():
        assert [path for path in files if key.encode() in path.read_bytes()] == []
        assert not any(key in run.output for run in runs)


def test_each_endpoint_of_a_cohort_gets_its_own_key_headers_and_parameters(
    work: Workspace, server: MockServer
) -> None:
    server.latency_s = 0.1
    with MockServer(required_key=KEYS["JUDGES_KEY"]) as judges:
        server.required_key = KEYS["WRITERS_KEY"]
        two_endpoints(work, judges)
        shaped(work)
        for place, name in ((server, "WRITERS_KEY"), (judges, "JUDGES_KEY")):
            place.fault(Fault.status(500, message=f"Cannot log in as {KEYS[name]}."))
        run = work.run("results_processing", "--verbose", env=KEYS)
        assert (server.paid, judges.paid) == (3 + 3 + 6, 6)
        _assert_sent(server, "lab/writer", "WRITERS_KEY", {"top_p": 0.9}, "Writing")
        _assert_sent(judges, "lab/judge", "JUDGES_KEY", {}, None)
        assert all("response_format" not in call.body for call in server.calls)
        assert all("response_format" in call.body for call in judges.calls)
        assert server.max_in_flight == 2

    assert Counter(bool(row["score"]) for row in work.scores()) == {True: 12}
    structured = {
        row["llm_model_id"]: work.metadata("evaluation", row["gen_id"])["parameters"]
        for row in work.members("evaluation")
    }
    assert structured["judge"]["structured"] == "score_schema"
    assert "structured" not in structured["writer"]
    assert "Cannot log in as ***." in _errors(work)
    assert_no_key(work, run)


def _assert_sent(
    server: MockServer, model: str, key: str, extra: dict[str, float], title: str | None
) -> None:
    for call in server.calls:
        assert call.model == model
        assert call.authorization == f"Bearer {KEYS[key]}"
        assert call.body.get("top_p") == extra.get("top_p")
        assert call.headers.get("X-Title") == title


def _errors(work: Workspace) -> Counter[str]:
    """The messages of every failed attempt in the store."""
    lines = [
        line
        for stage in ("draft", "essay", "evaluation")
        for gen_id in work.ids(stage)
        if work.gen(stage, gen_id, "attempts.jsonl").exists()
        for line in work.ledger(stage, gen_id)
    ]
    return Counter(line["error"]["message"] for line in lines if line["outcome"] == "failed")


def test_one_missing_key_among_two_is_named_and_nothing_is_bought(
    work: Workspace, server: MockServer
) -> None:
    with MockServer() as judges:
        two_endpoints(work, judges)
        missing = work.run(ok=False, env={"WRITERS_KEY": KEYS["WRITERS_KEY"]})
        assert "JUDGES_KEY" in missing.output and "WRITERS_KEY" not in missing.output
        assert "Traceback" not in missing.output
        assert server.received == judges.received == 0


def test_a_run_with_every_kind_of_trouble_ends_well_and_every_attempt_is_in_a_ledger(
    work: Workspace, server: MockServer
) -> None:
    work.config["endpoints"]["mock"]["timeout_s"] = 2.0
    troubles = [
        Fault.status(500),
        Fault.status(503, retry_after=0.2),
        Fault.status(429, retry_after=0.2),
        Fault.status(408),
        Fault.close(),
        Fault.close(midway=True),
        Fault.not_json(),
        Fault.empty_body(),
        Fault.empty_content(),
        Fault.null_content(),
        Fault.error_in_200(502),
        Fault.hang(),
    ]
    for trouble in troubles:
        server.fault(trouble)
    work.run("results_processing")
    assert server.paid == 12
    assert server.received == 12 + len(troubles)
    assert sum(_errors(work).values()) == len(troubles)
    assert all(row["score"] for row in work.scores())
    for draft in work.ids("draft"):
        numbers = [line["attempt"] for line in work.ledger("draft", draft)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert work.metadata("draft", draft)["attempts"] == len(numbers)
    work.run("results_processing")
    assert server.paid == 12


def test_reasoning_and_the_name_of_the_model_are_kept_and_raw_txt_is_what_was_said(
    work: Workspace, server: MockServer
) -> None:
    thought = "SCORE: 1 would be too harsh, I think."
    server.fault(Fault.think(thought), containing="Judge", times=2)
    server.fault(Fault.reasoning("reasoning_content", thought), containing="Judge", times=4)
    server.fault(Fault.wrong_model("cheaper/model"), containing="Connect", times=None)
    # Half of a surrogate pair, as a model that was cut in the middle of an emoji sends it.
    server.answer(with_="An essay \ud83d with half a sign in it.", containing="Write an essay")
    work.run("results_processing")
    for gen_id in work.ids("evaluation"):
        raw = work.gen("evaluation", gen_id, "raw.txt").read_text()
        assert "too harsh" not in raw and "think" not in raw and "SCORE: " in raw
        assert work.ledger("evaluation", gen_id)[0]["reasoning"] == thought
    for gen_id in work.ids("draft"):
        metadata = work.metadata("draft", gen_id)
        assert (metadata["model"], metadata["returned_model"]) == ("lab/writer", "cheaper/model")
    assert server.received == 12


def test_a_key_with_a_line_break_at_its_end_is_never_told(
    work: Workspace, server: MockServer, tmp_path: Path
) -> None:
    """A header cannot hold it, and the libraries below quote the header that they refuse."""
    work.config["endpoints"]["mock"] |= {"api_key_env": "WRITERS_KEY", "max_attempts": 1}
    run = work.run("generation_draft", env={"WRITERS_KEY": KEYS["WRITERS_KEY"] + "\n"})
    assert {call.authorization for call in server.calls} == {f"Bearer {KEYS['WRITERS_KEY']}"}
    assert KEYS["WRITERS_KEY"] not in run.output
    assert not any(
        KEYS["WRITERS_KEY"].encode() in path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    )
