"""A template becomes a prompt, or an error that says which file and what in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daydream.errors import PromptError
from daydream.experiment.cohort import Design
from daydream.experiment.combinations import Combo
from daydream.experiment.settings import Settings, load_config
from daydream.generation.prompt_builder import PromptBuilder
from daydream.generation.prompt_text import Prompt
from daydream.generation.prompts import PromptConcept, combo_concepts, read_text, render
from daydream.store.layout import Layout
from daydream.store.membership import Member
from tests.support.workspace import Workspace


@pytest.fixture
def template(tmp_path: Path):
    def write(content: str | bytes) -> str:
        path = tmp_path / "t.txt"
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return str(path)

    return write


def complaint(path: str, **values: Any) -> str:
    with pytest.raises(PromptError) as caught:
        render(path, values)
    assert path in str(caught.value)
    return str(caught.value)


def test_a_template_is_filled_in(template) -> None:
    path = template("Judge:\n{{ response }}\n")
    assert render(path, {"response": "An essay."}) == "Judge:\nAn essay.\n"


def test_a_prompt_is_plain_text_and_nothing_is_escaped(template) -> None:
    assert render(template("{{ response }}"), {"response": "<a> & 'b'"}) == "<a> & 'b'"


def test_a_model_cannot_inject_template_code(template) -> None:
    text = "{{ 7 * 7 }}{% for x in y %}"
    assert render(template("{{ response }}"), {"response": text}) == text


@settings(deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=40))
def test_any_text_of_a_model_is_passed_on_as_it_is(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    if not path.exists():
        path.write_text("[{{ response }}]")
    assert render(str(path), {"response": text}) == f"[{text}]"


def test_an_unknown_variable_is_named_with_the_file_and_those_there_are(template) -> None:
    message = complaint(template("{{ respons }}"), response="x")
    assert "'respons'" in message
    assert "know: response" in message


def test_an_unknown_field_of_a_concept_is_named(template) -> None:
    concepts = [PromptConcept("bees", "Bees", "They fly.")]
    message = complaint(
        template("{% for c in concepts %}{{ c.contents }}{% endfor %}"), concepts=concepts
    )
    assert "contents" in message


def test_an_unknown_variable_in_a_condition_is_not_false_but_an_error(template) -> None:
    assert "hint" in complaint(template("{% if hint %}x{% endif %}"), response="x")


def test_a_concept_has_name_content_and_id(template) -> None:
    path = template(
        "{% for c in concepts %}{{ c.concept_id }}/{{ c.name }}/{{ c.content }};{% endfor %}"
    )
    concepts = [PromptConcept("a", "A", "aa"), PromptConcept("b", "B", "bb")]
    assert render(path, {"concepts": concepts}) == "a/A/aa;b/B/bb;"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("one\n{% for c in concepts %}\nx\n", 2),
        ("one\ntwo\n{{ response", 3),
        ("{% nonsense %}", 1),
        ("one\n{{ response | nofilter }}", 2),
    ],
)
def test_a_syntax_error_is_told_with_its_line(template, content: str, line: int) -> None:
    assert f"line {line}" in complaint(template(content), response="x")


@pytest.mark.parametrize(
    "content",
    [
        "{{ response.__class__ }}",
        "{{ response.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ response | attr('__class__') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ '{0.__class__}'.format(response) }}",
        "{{ range(10000000) | list }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_the_sandbox_refuses_what_is_no_business_of_a_template(template, content: str) -> None:
    complaint(template(content), response="x")


def test_an_error_of_the_template_itself_is_told_with_the_file(template) -> None:
    assert "division" in complaint(template("{{ 1 / 0 }}"), response="x")


def test_a_byte_order_mark_is_no_part_of_the_prompt(template) -> None:
    assert render(template(b"\xef\xbb\xbfHi {{ response }}"), {"response": "x"}) == "Hi x"


def test_a_template_of_windows_makes_the_prompt_of_unix(template) -> None:
    path = template(b"one\r\n{% if true %}\r\ntwo\r\n{% endif %}\r\n")
    assert "\r" not in render(path, {})


def test_a_last_line_break_stays(template) -> None:
    assert render(template("x\n"), {}) == "x\n"
    assert render(template("x"), {}) == "x"


def test_a_template_that_is_not_utf_8_is_told(template) -> None:
    assert "UTF-8" in complaint(template(b"caf\xe9"))


def test_a_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "does not exist" in complaint(str(tmp_path / "absent.txt"))


def test_a_changed_template_is_read_again(template) -> None:
    path = template("one")
    assert render(path, {}) == "one"
    template("three")
    assert render(path, {}) == "three"
    template("forty")
    os.utime(path, (1, 1))
    assert render(path, {}) == "forty"


def test_a_text_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"absent\.txt does not exist"):
        read_text(str(tmp_path / "absent.txt"))


# Whole prompts


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, "http://127.0.0.1:9/v1")


def generator(data: Workspace, **config: Any) -> PromptBuilder:
    values = data.config | {"data_root": str(data.data)} | config
    settings = Settings.from_config(load_config(values=values))
    design = Design.load(settings, Layout(str(data.data)))
    return PromptBuilder(design)


def first(made: PromptBuilder, stage: str) -> Member:
    return next(m for m in made.design.members() if m.stage == stage and m.template_id != "copy")


def store(made: PromptBuilder, stage: Any, gen_id: str, text: str) -> None:
    path = Path(made.layout.parsed(stage, gen_id))
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_a_draft_shows_the_concepts_of_its_combo_in_row_order(data: Workspace) -> None:
    data.templates(
        "draft", ["plain"], text="{% for c in concepts %}{{ c.name }}: {{ c.content }}|{% endfor %}"
    )
    made = generator(data)
    assert made.prompt(first(made, "draft")).text == (
        "[plain] The bees: All there is to know of bees.|The tides: All there is to know of tides.|"
    )


@pytest.mark.parametrize("variable", ["draft_block", "links_block"])
def test_an_essay_shows_its_draft_under_both_names(data: Workspace, variable: str) -> None:
    data.templates("essay", ["longer"], text="{{ %s }}" % variable)  # noqa: UP031
    made = generator(data)
    essay = first(made, "essay")
    store(made, "draft", essay.parent_gen_id, "Line 1\nLine 2\n")
    assert made.prompt(essay).text == "[longer] Line 1\nLine 2\n"


def test_an_evaluation_shows_the_essay(data: Workspace) -> None:
    data.templates("evaluation", ["novelty"], text="<{{ response }}>")
    made = generator(data)
    evaluation = first(made, "evaluation")
    store(made, "essay", evaluation.parent_gen_id, "The essay.")
    assert made.prompt(evaluation).text == "[novelty] <The essay.>"


def test_a_stage_does_not_know_the_variables_of_another(data: Workspace) -> None:
    data.templates("evaluation", ["novelty"], text="{{ draft_block }}")
    made = generator(data)
    evaluation = first(made, "evaluation")
    store(made, "essay", evaluation.parent_gen_id, "x")
    with pytest.raises(PromptError, match=r"novelty\.txt.*'draft_block'.*response"):
        made.prompt(evaluation)


def test_a_concept_without_a_description_shows_its_name(data: Workspace) -> None:
    made = generator(data)
    data.raw("concepts/descriptions-paragraph/bees.txt").unlink()
    combo = Combo("mine", ("tides", "bees"), "article", 2)
    assert combo_concepts(made.layout, made.design.catalog, combo) == [
        PromptConcept("tides", "The tides", "All there is to know of tides."),
        PromptConcept("bees", "The bees", "The bees"),
    ]


def test_a_description_is_trimmed_and_may_have_a_byte_order_mark(data: Workspace) -> None:
    data.describe("bees", "\ufeff\n They fly. \n\n")
    made = generator(data)
    combo = Combo("mine", ("bees",), "paragraph", 1)
    assert combo_concepts(made.layout, made.design.catalog, combo)[0].content == "They fly."


# System prompts, and what later stages may see of their lineage


def stored(made: PromptBuilder, stage: str) -> Member:
    """The first generation of a stage, with the lineage in the store that it needs."""
    member = first(made, stage)
    by_id = {m.gen_id: m for m in made.design.members()}
    for essay in (by_id[i] for i in member.parents if by_id[i].stage == "essay"):
        store(made, "essay", essay.gen_id, f"Essay of {essay.gen_id}.")
        folder = Path(made.layout.generation("draft", essay.parent_gen_id))
        if not folder.exists():
            store(made, "draft", essay.parent_gen_id, "The draft.")
            (folder / "prompt.txt").write_text("What the draft was asked.")
    return member


def test_a_system_prompt_is_rendered_with_the_same_variables(data: Workspace) -> None:
    data.write("templates/evaluation/novelty.system.txt", "You judge {{ response | length }}.")
    made = generator(data)
    evaluation = stored(made, "evaluation")
    prompt = made.prompt(evaluation)
    assert prompt.system == f"You judge {len('Essay of .') + 18}."
    assert prompt.text == f"==== system ====\n{prompt.system}\n==== user ====\n{prompt.user}"
    (request,) = made.requests(evaluation, prompt)
    assert [m["role"] for m in request.messages] == ["system", "user"]
    assert request.fingerprint != made.requests(evaluation, Prompt(prompt.user))[0].fingerprint
    assert list(made.sources.hashes(evaluation)) == [
        "1_raw/templates/evaluation/novelty.txt",
        "1_raw/templates/evaluation/novelty.system.txt",
    ]


@pytest.mark.parametrize("user", ["u", "u\n==== user ====\nv", ""])
@pytest.mark.parametrize("system", ["", "s", "s\n==== user ====\nt"])
def test_the_parts_of_a_prompt_are_found_in_its_file(system: str, user: str) -> None:
    prompt = Prompt(user, system)
    assert Prompt.read(prompt.text, prompt.metadata.get("system_sha256")) == prompt


def test_a_judge_may_see_concepts_draft_and_prompt_of_the_lineage(data: Workspace) -> None:
    text = (
        "{{ response }}|{{ draft }}|{{ prompt }}|{% for c in concepts %}{{ c.content }}{% endfor %}"
    )
    data.templates("evaluation", ["novelty"], text=text)
    made = generator(data)
    evaluation = stored(made, "evaluation")
    essay = evaluation.parent_gen_id
    shown = "All there is to know of bees.All there is to know of tides."
    expected = f"[novelty] Essay of {essay}.|The draft.|What the draft was asked.|{shown}"
    assert made.prompt(evaluation).text == expected
    assert len(made.sources.descriptions(evaluation)) == 2
    assert made.sources.drafts(evaluation) == [made.sources.essay(essay).parent_gen_id]


def test_a_comparison_may_see_the_lineage_of_both_essays(data: Workspace) -> None:
    data.compare()
    text = "{{ response_a }}{{ response_b }}{{ draft_a }}{{ prompt_b }}{{ concepts_b | length }}"
    data.templates("comparison", ["closer"], text=text)
    made = generator(data)
    comparison = stored(made, "comparison")
    assert made.prompt(comparison).text.endswith("The draft.What the draft was asked.2")


def test_a_template_without_the_lineage_depends_on_nothing_more(data: Workspace) -> None:
    made = generator(data)
    evaluation = first(made, "evaluation")
    assert (made.sources.descriptions(evaluation), made.sources.drafts(evaluation)) == ([], [])


def test_a_prompt_that_was_changed_is_not_shown_to_a_judge(data: Workspace) -> None:
    data.templates("evaluation", ["novelty"], text="{{ response }}{{ prompt }}")
    made = generator(data)
    evaluation = stored(made, "evaluation")
    (draft,) = made.sources.drafts(evaluation)
    metadata = Path(made.layout.generation("draft", draft)) / "metadata.json"
    metadata.write_text(json.dumps({"prompt_sha256": "0"}))
    with pytest.raises(PromptError, match="changed from outside"):
        made.prompt(evaluation)


def test_an_essay_from_elsewhere_has_no_lineage_to_show(data: Workspace) -> None:
    data.templates("evaluation", ["novelty"], text="{{ response }}{{ draft }}")
    made = generator(data)
    imported = first(made, "evaluation")._replace(parent_gen_id="e_elsewhere", combo_id="")
    store(made, "essay", "e_elsewhere", "x")
    with pytest.raises(PromptError, match="from elsewhere has none"):
        made.prompt(imported)
