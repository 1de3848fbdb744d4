"""Which combinations a spec asks for."""

from __future__ import annotations

from collections import Counter
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.errors import SpecError
from daydream.experiment.combinations import read_mappings, remember_combos
from daydream.experiment.combos_rule import chosen_combos
from daydream.experiment.model import Catalog, Concept
from daydream.experiment.sampling import balanced_sample
from daydream.experiment.settings import Settings, load_config
from daydream.experiment.spec.model import CombosRule
from daydream.store.ids import combo_id
from daydream.store.layout import Layout

CATALOG = Catalog(tuple(Concept(c, c, True) for c in "dabc"), {}, (), {})
HEADER = "template_id,template_name,description,parser,generator,active,score_min,score_max\n"


def choose(tmp_path, **rule):
    found = Settings.from_config(load_config(values={"k_max": 2}))
    return chosen_combos(CombosRule(**rule), CATALOG, found, Layout(str(tmp_path)), "spec")


def ids(combos):
    return ["".join(combo.concept_ids) for combo in combos]


def test_focused_has_the_size_k_max_in_the_order_of_the_catalog(tmp_path):
    assert ids(choose(tmp_path)) == ["da", "db", "dc", "ab", "ac", "bc"]
    assert choose(tmp_path)[0].combo_id == combo_id(["a", "d"], "paragraph", 2)


def test_exhaustive_has_every_size_and_shares_its_ids_with_focused(tmp_path):
    combos = choose(tmp_path, kind="exhaustive", k_min=1, k_max=3)
    assert len(combos) == 4 + 6 + 4
    assert combos[4:10] == choose(tmp_path)


def test_ordered_makes_each_order_a_combination_with_an_id_of_its_own(tmp_path):
    combos = choose(tmp_path, ordered=True)
    assert ids(combos)[:4] == ["da", "db", "dc", "ad"]
    assert len({combo.combo_id for combo in combos}) == 12
    assert not {c.combo_id for c in combos} & {c.combo_id for c in choose(tmp_path)}
    layout = Layout(str(tmp_path))
    remember_combos(combos, layout)
    remember_combos(combos, layout)
    assert list(read_mappings(layout).values()) == combos


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(2, 8), st.integers(0, 5), st.booleans())
def test_in_a_sample_each_concept_occurs_equally_often(data, size, seed, ordered):
    concepts = [f"c{i}" for i in range(size)]
    k = data.draw(st.integers(1, min(4, size)))
    n = data.draw(st.integers(1, comb(size, k)))
    sample = balanced_sample(concepts, k, n, seed, ordered)
    counts = Counter(dict.fromkeys(concepts, 0)) + Counter(c for row in sample for c in row)
    every = [counts[c] for c in concepts]
    assert max(every) - min(every) <= 1
    assert len(set(sample)) == n and all(len(set(row)) == k for row in sample)
    assert ordered or all(list(row) == sorted(row) for row in sample)
    assert sample == balanced_sample(concepts, k, n, seed, ordered)


def test_around_has_the_neighbours_of_the_best_by_normalised_scores(tmp_path):
    layout = Layout(str(tmp_path))
    remember_combos(choose(tmp_path), layout)
    name = {"".join(c.concept_ids): c.combo_id for c in choose(tmp_path)}
    for path, text in {
        layout.templates_csv("evaluation"): HEADER + "n,,,,,,0,10\nm,,,,,,1,5\n",
        layout.scores("june"): "combo_id,generation_model,evaluation_template,score\n"
        f"{name['da']},w,n,8\n{name['bc']},w,m,5\n{name['ab']},w,n,9\n{name['ab']},w,m,\n"
        f"{name['ab']},control-empty,n,10\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert ids(choose(tmp_path, kind="around", cohort="june")) == ["dc", "ac", "db", "ab"]
    with pytest.raises(SpecError, match="no scores of cohort july"):
        choose(tmp_path, kind="around", cohort="july")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"kind": "focused", "k_max": 5}, "k_max is 5, but only 4 concepts are active"),
        ({"kind": "sample", "n": 7}, "n is 7, but there are only 6 combinations"),
        ({"kind": "exhaustive", "k_min": 3}, "k_min 3 is above k_max 2"),
        ({"kind": "curated"}, "there is no"),
    ],
)
def test_what_cannot_be_combined_is_told(tmp_path, rule, message):
    with pytest.raises(SpecError, match=message):
        choose(tmp_path, **rule)


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ({"kind": "exhaustive", "k_max": 3}, "14"),
        ({"kind": "focused", "ordered": True, "k_max": 3}, "24"),
        ({"kind": "sample", "ordered": True, "n": 12}, "12"),
        ({"kind": "exhaustive", "k_max": 60}, r"about 10\^18"),
    ],
)
def test_too_many_combinations_are_counted_and_not_made(tmp_path, rule, count):
    values = {"k_max": 2, "max_generations": 11}
    found = Settings.from_config(load_config(values=values))
    many = Catalog(tuple(Concept(f"c{n}", "", True) for n in range(60)), {}, (), {})
    catalog = many if rule.get("k_max") == 60 else CATALOG
    with pytest.raises(SpecError, match=f"asks for {count} combinations, and max_generations"):
        chosen_combos(CombosRule(**rule), catalog, found, Layout(str(tmp_path)), "spec")
