"""The versions of the models, read from the metadata of a cohort's generations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daydream.results.analyses import mean_prices
from daydream.results.parquet import read_parquet
from daydream.results.snapshots import make_snapshots
from daydream.store.layout import FORMS, Layout
from daydream.store.membership import Member, Membership

DRAFT = Member("draft", "d_1", "trial", "", "c", "free", "gpt", 1)
ESSAYS = [Member("essay", f"e_{n}", "trial", "d_1", "c", "longer", "gpt", n) for n in (1, 2, 3, 4)]


def write(layout: Layout, member: Member, **metadata: Any) -> None:
    folder = Path(layout.generation(member.stage, member.gen_id))
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps(metadata))


def answer(minute: int, version: str = "gpt-1", **more: Any) -> dict[str, Any]:
    return {
        "mode": "llm",
        "returned_model": version,
        "provider": "Acme",
        "system_fingerprint": "fp_1",
        "parameters": {"temperature": 0.7, "max_tokens": 100},
        "answered_at": f"2026-11-27T10:{minute:02}:00Z",
        "cost_usd": 0.25,
        **more,
    }


def test_a_model_of_which_two_versions_answered_is_warned_of(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path / "data"))
    membership = Membership("trial", [DRAFT, *ESSAYS])
    membership.write(layout.membership("trial"))
    write(layout, DRAFT, **answer(0))
    write(layout, ESSAYS[0], **answer(5))
    write(layout, ESSAYS[1], **answer(7, "gpt-2", provider="Bolt", cost_usd=None))
    write(layout, ESSAYS[2], **answer(9, "gpt-2", provider="Bolt", cost_usd=0.5))
    write(layout, ESSAYS[3], mode="copy")
    outputs = [layout.summary("trial", "snapshots", form) for form in FORMS]
    make_snapshots(layout.membership("trial"), outputs)
    draft, first, second = read_parquet(outputs[FORMS.index("parquet")]).to_pylist()
    assert (draft["stage"], draft["warning"]) == ("draft", "")
    assert first["warning"] == second["warning"] == "mixes 2 model versions, 2 providers"
    assert (first["n_answers"], second["n_answers"]) == (1, 2)
    assert second["first_at"] == "2026-11-27T10:07:00Z"
    assert second["last_at"] == "2026-11-27T10:09:00Z"
    assert (second["n_priced"], second["mean_usd"]) == (1, 0.5)
    assert json.loads(first["parameters"]) == {"temperature": 0.7, "max_tokens": 100}


def test_data_of_earlier_versions_have_blanks_and_nobody_who_answered_no_row(
    tmp_path: Path,
) -> None:
    layout = Layout(str(tmp_path / "data"))
    Membership("trial", [DRAFT, *ESSAYS]).write(layout.membership("trial"))
    output = layout.summary("trial", "snapshots", "parquet")
    make_snapshots(layout.membership("trial"), [output])
    assert read_parquet(output).num_rows == 0
    write(layout, DRAFT, mode="llm", answered_at="2026-11-27T10:00:00Z", returned_model="gpt-1")
    make_snapshots(layout.membership("trial"), [output])
    (row,) = read_parquet(output).to_pylist()
    assert (row["provider"], row["temperature"], row["mean_usd"]) == ("", None, None)


def test_a_price_is_the_mean_over_the_answers_whose_cost_is_known(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path / "data"))
    Membership("trial", [DRAFT, *ESSAYS]).write(layout.membership("trial"))
    write(layout, DRAFT, **answer(0, cost_usd=None))
    for essay, cost in zip(ESSAYS, (0.1, 0.3, None), strict=False):
        write(layout, essay, **answer(1, f"gpt-{cost}", cost_usd=cost))
    outputs = [layout.summary("trial", "snapshots", form) for form in FORMS]
    make_snapshots(layout.membership("trial"), outputs)
    for output in outputs:
        prices = mean_prices(output)
        assert set(prices) == {"essay", "evaluation"}  # no evaluation: nothing was bought there
        assert prices["essay"] == pytest.approx(0.2) and prices["evaluation"] == 0
