"""Ratings by people are inputs of their tables: those are made again, and only those."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from daydream.cli.main import main
from tests.support.mock_server import MockServer
from tests.support.workspace import Workspace


def test_ratings_make_their_tables_and_no_call(
    finished: Workspace, server: MockServer, capsys
) -> None:
    paid = server.received
    place = ("-d", str(finished.root), "--configfile", str(finished.root / "config.yaml"))
    finished.command()
    assert main(["ratings", "sheet", "--n", "4", "--raters", "2", *place]) == 0
    sheets = [Path(finished.root, line) for line in capsys.readouterr().out.splitlines()[:4]]
    assert [path.suffix for path in sheets] == [".html", ".csv", ".html", ".csv"]
    page = sheets[0].read_text()
    assert "Judge, end in SCORE: X" in page
    assert all(gen_id not in page for gen_id in finished.ids("evaluation"))  # blind to scores
    rows = [list(csv.DictReader(io.StringIO(sheets[n].read_text()))) for n in (1, 3)]
    assert {r["gen_id"] for r in rows[0]} == {r["gen_id"] for r in rows[1]}
    assert len(rows[0]) == 4

    for rater, sheet in zip(("ann", "bob"), rows, strict=True):
        filled = finished.root / f"{rater}.csv"
        lines = [f"{row['gen_id']},novelty,{3 + i}" for i, row in enumerate(sheet)]
        filled.write_text("\n".join(["gen_id,evaluation_template,score", *lines]) + "\n")
        assert main(["ratings", "add", str(filled), "--rater", rater, *place]) == 0
    before = {
        path: path.stat().st_mtime_ns for path in (finished.data / "6_summary").rglob("*.csv")
    }
    finished.run("results_analysis")
    assert server.received == paid
    agreement = finished.table("6_summary/trial/human_agreement.csv")
    assert [(row["rater"], row["kind"], row["n"]) for row in agreement] == [
        ("writer", "judge", "4"),
        ("panel", "panel", "4"),
        ("ann", "person", "4"),
        ("bob", "person", "4"),
    ]
    corrected = finished.table("6_summary/trial/human_corrected.csv")
    overall = corrected[0]
    assert (overall["axis"], overall["n_human"], overall["n_judge"]) == ("overall", "4", "6")
    assert overall["human_mean"] and overall["note"].startswith("no interval")
    after = {path: path.stat().st_mtime_ns for path in before}
    assert after == before  # no other table was made again

    assert "Nothing to be done" in finished.run("results_analysis").output

    capsys.readouterr()
    assert main(["ratings", "next", "--n", "5", *place]) == 0
    told = capsys.readouterr()
    left = list(csv.DictReader(io.StringIO(told.out)))
    assert len(left) == 2
    assert not {row["gen_id"] for row in left} & {row["gen_id"] for row in rows[0]}
    assert all(Path(finished.root, row["file"]).is_file() and row["title"] for row in left)
    assert f"daydream ratings add ratings.csv --rater NAME --directory {finished.root}" in told.err
    filled = finished.root / "cat.csv"  # as it is, and then with scores
    for score, new in (("", "0 new"), ("7", "2 new")):
        filled.write_text(told.out.replace("novelty,,", f"novelty,{score},"))
        assert main(["ratings", "add", str(filled), "--rater", "cat", *place]) == 0
        assert new in capsys.readouterr().out
    assert main(["ratings", "next", *place]) == 0
    assert capsys.readouterr().out == "Every essay is rated under novelty.\n"

    for rater in ("ann", "bob", "cat"):  # nobody has rated after all: no table still says so
        Path(finished.data / f"1_raw/ratings/{rater}.csv").unlink()
    finished.run("results_analysis")
    assert finished.table("6_summary/trial/human_agreement.csv") == []
