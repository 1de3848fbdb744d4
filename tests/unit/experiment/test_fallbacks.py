"""Fallbacks in llm_models.csv: who may be named, and who then answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from daydream.errors import CatalogError
from daydream.experiment.catalog import load_catalog
from daydream.experiment.fallbacks import fallback_of, with_fallbacks
from daydream.experiment.model import Catalog
from daydream.experiment.settings import Settings, load_config
from daydream.store.layout import Layout
from tests.support.workspace import Workspace

HEADER = "id,model,provider,display_name,for_generation,for_evaluation,specialization"


def load(
    place: Path, cell: str, spare: str = "spare,lab/spare,lab,Spare,false,false,,,9"
) -> Catalog:
    work = Workspace(place, "http://127.0.0.1:9/v1")
    work.config["endpoints"]["other"] = {"base_url": "http://127.0.0.1:8/v1"}
    rows = (f"{HEADER},fallback,price_in", f"writer,lab/writer,lab,W,true,true,,{cell},1", spare)
    work.write("llm_models.csv", "\n".join(rows) + "\n")
    layout = Layout(str(work.data))
    values = work.config | {"data_root": str(work.data)}
    return load_catalog(layout, Settings.from_config(load_config(values=values)))


def test_another_model_answers_with_all_that_its_own_row_says(tmp_path: Path) -> None:
    catalog = load(tmp_path, "spare")
    fallback = fallback_of(catalog.model("writer"), catalog.all_models)
    assert fallback is not None
    assert (fallback.id, fallback.model, fallback.price_in) == ("spare", "lab/spare", 9)
    assert [m.id for m in with_fallbacks(catalog.generation_models, catalog.all_models)] == [
        "writer",
        "spare",
    ]


def test_another_endpoint_answers_with_the_same_model(tmp_path: Path) -> None:
    catalog = load(tmp_path, "other")
    fallback = fallback_of(catalog.model("writer"), catalog.all_models)
    assert fallback is not None
    assert (fallback.id, fallback.model, fallback.endpoint) == ("writer", "lab/writer", "other")


def test_a_fallback_is_followed_one_step(tmp_path: Path) -> None:
    catalog = load(tmp_path, "spare", "spare,lab/spare,lab,Spare,false,false,,writer,9")
    fallback = fallback_of(catalog.model("writer"), catalog.all_models)
    assert fallback is not None and fallback.fallback == ""
    assert fallback_of(fallback, catalog.all_models) is None


@pytest.mark.parametrize(
    ("cell", "spare", "words"),
    [
        ("spair", "", "neither the id of a model nor an endpoint"),
        ("writer", "", "is what falls back"),
        ("mock", "", "is what falls back"),
        ("other", "other,lab/other,lab,O,false,false,,,", "is a model and an endpoint"),
        ("spare", "spare,,lab,Spare,false,false,,,", "has no model"),
    ],
)
def test_what_cannot_answer_is_refused_in_one_message(
    cell: str, spare: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogError, match=words) as caught:
        load(tmp_path, cell, spare)
    assert "llm_models.csv, row 2" in str(caught.value)
