"""A spec becomes the rows of the product that its rules leave, in the order of the product."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daydream.errors import SpecError
from daydream.experiment.spec import compile_spec, read_spec
from daydream.experiment.spec.model import Bundle, Exclusion, Items, Pair, Spec, Tie

BUNDLED = """
axes:
  draft_template: [creative, plain]
  draft_llm: [a, b]
rules:
  pairs:
    matched:
      left: draft_template
      right: writing
      allowed: [[creative, [essay-llm, sonnet]], [plain, [essay-llm, a]]]
      balance: both
  tuples:
    writing: {axes: [essay_template, essay_llm], items: [[essay-llm, sonnet], [essay-llm, a]]}
"""


def rows_of(folder: Path, text: str, **files: str) -> list[tuple]:
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
    path = folder / "config.yaml"
    path.write_text(text)
    return compile_spec(read_spec(path)).rows


def test_a_side_of_a_pair_may_be_a_tuple(tmp_path):
    assert rows_of(tmp_path, BUNDLED) == [
        ("creative", "a", "essay-llm", "sonnet"),
        ("creative", "b", "essay-llm", "sonnet"),
        ("plain", "a", "essay-llm", "a"),
        ("plain", "b", "essay-llm", "a"),
    ]


def test_a_side_of_a_pair_may_be_a_pair(tmp_path):
    text = """
axes: {draft_template: [x, y], draft_llm: [a, b], evaluation_llm: [j, k]}
rules:
  pairs:
    inner: {left: draft_template, right: draft_llm, allowed: [[x, a], [y, b]]}
    outer: {left: inner, right: evaluation_llm, allowed: [[[x, a], k], [[y, b], j]]}
"""
    assert rows_of(tmp_path, text) == [("x", "a", "k"), ("y", "b", "j")]


def test_an_axis_of_a_tie_may_be_a_tuple(tmp_path):
    text = """
axes: {draft_llm: [a, b]}
rules:
  ties: {same: {axes: [one, other]}}
  tuples:
    one: {axes: [draft_template, essay_llm], items: [[x, a], [y, b], [z, a]]}
    other: {axes: [essay_template, evaluation_llm], items: [[y, b], [z, a], [w, a]]}
"""
    assert rows_of(tmp_path, text) == [
        (template, llm, template, judge, judge)
        for template, judge in (("y", "b"), ("z", "a"))
        for llm in ("a", "b")
    ]


def test_items_come_from_files_whose_header_names_the_axes(tmp_path):
    text = """
axes: {draft_template: '@file:levels.csv', draft_replicate: [1, 2]}
rules:
  tuples: {writing: {axes: [essay_template, essay_llm], items: '@file:items.csv'}}
"""
    rows = rows_of(
        tmp_path, text, levels="any\nx\n", items="essay_llm,essay_template\nm,long\nm,long\n"
    )
    assert rows == [("x", 1, "long", "m"), ("x", 2, "long", "m")]


def test_a_file_of_several_columns_gives_its_axes_their_values_together(tmp_path):
    text = "axes: {evaluation_llm: [j], draft_llm: '@file:writers.csv', draft_template: [x]}"
    writers = "draft_llm,essay_replicate,essay_llm\nb,2,c\na,1,a\nb,2,c\n"
    made = [("x", "b", "c", 2, "j"), ("x", "a", "a", 1, "j")]
    assert rows_of(tmp_path, text, writers=writers) == made
    both = "axes: {draft_llm: '@file:writers.csv', essay_llm: '@file:writers.csv'}"
    assert rows_of(tmp_path, both, writers=writers) == [("b", "c", 2), ("a", "a", 1)]
    path = tmp_path / "config.yaml"
    assert read_spec(path).files == (str(path), str(tmp_path / "writers.csv"))


@pytest.mark.parametrize(
    ("text", "header", "message"),
    [
        ("{draft_llm: '@file:w.csv'}", "essay_llm,essay_template", "and none is draft_llm"),
        ("{draft_llm: '@file:w.csv'}", "draft_llm,essay_lm", "'essay_lm' is not an axis"),
        (
            "{draft_llm: '@file:w.csv', essay_llm: [m]}",
            "draft_llm,essay_llm",
            r"axes.draft_llm: essay_llm has levels under axes, draft_llm has not",
        ),
        ("{draft_replicate: '@file:w.csv'}", "draft_replicate,draft_llm", "axes.draft_replicate"),
    ],
)
def test_a_file_of_several_columns_that_cannot_be_used_is_named(tmp_path, text, header, message):
    with pytest.raises(SpecError, match=message):
        rows_of(tmp_path, f"axes: {text}", w=f"{header}\nx,y\n")


def test_levels_stay_the_texts_that_were_written(tmp_path):
    assert rows_of(tmp_path, "axes: {draft_llm: [no, 1.10, 0x1]}") == [("no",), ("1.10",), ("0x1",)]


def test_self_judging_and_named_rows_are_left_out(tmp_path):
    text = """
axes: {essay_llm: [a, b], evaluation_template: [n, m], evaluation_llm: [a, b]}
rules: {exclude: [{self_judging: true}, {evaluation_template: n, evaluation_llm: [a, b]}]}
"""
    assert rows_of(tmp_path, text) == [("a", "m", "b"), ("b", "m", "a")]
    mapping = text.replace("[{self_judging: true}, {", "{self_judging: true, rows: [{")
    assert rows_of(tmp_path, mapping.replace("}]}", "}]}}")) == [("a", "m", "b"), ("b", "m", "a")]


AXES = "axes: {draft_template: [x, y], draft_llm: [a, b, c]}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("axis: {}", "unknown key 'axis'. Did you mean 'axes'?"),
        ("axes: {draft_tempalte: [x]}", "Did you mean 'draft_template'?"),
        ("axes: {draft_llm: x}", "axes.draft_llm: is not a list"),
        ("axes: {draft_llm: []}", "axes.draft_llm: is not a list"),
        ("axes: {draft_replicate: [0]}", "'0' is not a whole number. Write 1 or more."),
        ("axes: {draft_llm: '@file:no.csv'}", "there is no"),
        ("axes: {draft_llm: '@file:../no.csv'}", "is outside of the spec's folder"),
        ("axes: {draft_llm: [a], draft_llm: [b]}", "key 'draft_llm' is there twice"),
        ("axes: [", "line 1"),
        (AXES + "rules: {subsets: {draft_llm: [d]}}", "draft_llm has no level 'd'"),
        (AXES + "rules: {ties: {t: {axes: [draft_llm, draft_template]}}}", "share no level"),
        (
            AXES
            + "rules: {pairs: {p: {left: draft_template, right: draft_llm, allowed: [[x, d]]}}}",
            "rules.pairs.p.allowed: draft_llm has no level 'd'",
        ),
        (
            AXES + "rules: {pairs: {p: {left: draft_template, right: draft_llm, allowed: [[x, a],"
            " [x, b], [y, c]], balance: left}}}",
            "the left side is not balanced: x 2 time(s), y 1 time(s)",
        ),
        (
            AXES + "rules: {pairs: {p: {left: draft_template, right: draft_llm, allowed: [[x]]}}}",
            "[x] is no value of 'p'. Write a list of 2: [draft_template, draft_llm].",
        ),
        (
            AXES + "rules: {pairs: {p: {left: q, right: draft_llm, allowed: [[x, a]]}}}",
            "'q' is neither an axis nor a rule",
        ),
        (
            AXES + "rules: {pairs: {p: {left: p, right: draft_llm, allowed: [[x, a]]}}}",
            "'p' contains itself",
        ),
        (
            AXES + "rules: {tuples: {t: {axes: [draft_llm, essay_llm], items: [[a, b]]}}}",
            "draft_llm has levels under axes, essay_llm has not",
        ),
        (
            AXES + "rules: {exclude: [{draft_llm: [a, b, c]}]}",
            "no row is left: no level of draft_llm",
        ),
        (AXES + "output: {field_order: [essay_llm]}", "the design has no axis 'essay_llm'"),
    ],
)
def test_each_mistake_has_its_message(tmp_path, text, message):
    with pytest.raises(SpecError) as caught:
        rows_of(tmp_path, text)
    assert message in str(caught.value)
    assert str(tmp_path / "config.yaml") in str(caught.value)


NAMES = ("draft_template", "draft_llm", "essay_template", "essay_llm")
LEVELS = ("a", "b", "c")
level = st.sampled_from(LEVELS)


def unique(values, minimum=1, most=6):
    return st.lists(values, min_size=minimum, max_size=most, unique=True).map(tuple)


@st.composite
def specs(draw):
    axes = {name: draw(unique(level)) for name in NAMES}
    two = st.permutations(NAMES).map(lambda names: tuple(names[:2]))
    left, right = draw(two)
    allowed = draw(unique(st.tuples(*(st.sampled_from(axes[a]) for a in (left, right)))))
    bundle = draw(two)
    items = draw(unique(st.tuples(*(st.sampled_from(axes[a]) for a in bundle))))
    tie = draw(st.one_of(st.none(), two))
    out = draw(two)
    excluded = {axis: draw(unique(st.sampled_from(axes[axis]), most=2)) for axis in out}
    subset = draw(st.sampled_from(NAMES))
    kept = draw(unique(st.sampled_from(axes[subset])))
    return Spec(
        "spec",
        axes,
        subsets={subset: kept},
        ties={"t": Tie(tie)} if tie else {},
        pairs={"p": Pair(left, right, Items("p", allowed))},
        tuples={"b": Bundle(bundle, Items("b", items))},
        exclude=(Exclusion("x", excluded),),
    )


def filtered_product(spec: Spec) -> list[tuple]:
    """The naive reference: every row of the product is held against every rule."""
    (subset, kept), pair, bundle = *spec.subsets.items(), spec.pairs["p"], spec.tuples["b"]

    def meets(row: dict) -> bool:
        return (
            row[subset] in kept
            and all(len({row[a] for a in tie.axes}) == 1 for tie in spec.ties.values())
            and (row[pair.left], row[pair.right]) in pair.allowed.values
            and tuple(row[a] for a in bundle.axes) in bundle.items.values
            and not all(row[a] in v for a, v in spec.exclude[0].levels.items())
        )

    rows = product(*(spec.axes[name] for name in NAMES))
    return [row for row in rows if meets(dict(zip(NAMES, row, strict=True)))]


@settings(max_examples=80, deadline=None)
@given(specs())
def test_rows_are_those_of_the_product_that_meet_every_rule(spec):
    expected = filtered_product(spec)
    if expected:
        assert compile_spec(spec).rows == expected
    else:
        with pytest.raises(SpecError):
            compile_spec(spec)


@settings(max_examples=40, deadline=None)
@given(specs(), st.randoms(use_true_random=False))
def test_the_order_in_which_a_spec_names_its_axes_changes_nothing(spec, random):
    assume(filtered_product(spec))
    names = list(spec.axes)
    random.shuffle(names)
    other = Spec(**{**vars(spec), "axes": {name: spec.axes[name] for name in names}})
    assert compile_spec(other) == compile_spec(spec)


def test_rows_without_end_are_not_made(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    levels = [f"level_{n}" for n in range(100)]
    axes = ("draft_llm", "essay_llm", "evaluation_llm")
    path.write_text("axes:\n" + "".join(f"  {axis}: {levels}\n" for axis in axes))
    spec = read_spec(path)
    with pytest.raises(SpecError, match=r"axes.*more than 5,000 rows.*--config max_generations"):
        compile_spec(spec, max_rows=5_000)
