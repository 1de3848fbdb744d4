"""A methods paragraph filled from a cohort, each number with the query that gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import wrap

from daydream import __version__
from daydream.cli.queried_text import Ask, Number, Writer
from daydream.errors import CohortError
from daydream.results.axis_names import AXIS_NAMES, plural
from daydream.results.statistics.reliability import OVERALL
from daydream.store.layout import STAGES

WIDTH = 100
ALL = "all"


def methods(ask: Ask) -> tuple[list[str], list[Number]]:
    """The paragraphs, and their numbers in order.

    Raises:
        CohortError: when the cohort has no scores yet.

    """
    writer = Writer(ask)
    if not writer.rows("SELECT 1 FROM parsed_scores LIMIT 1"):
        raise CohortError("there is no table of scores yet. Make it: snakemake results_analysis")
    parts = (_texts, _answers, _judging, _exclusions, _analysis, _reliability, _people)
    found = [" ".join(part(writer)) for part in parts]
    return [paragraph for paragraph in found if paragraph], writer.numbers


def _texts(writer: Writer) -> Iterator[str]:
    yield (
        f"Texts. {writer.count('combo_id', 'combination')} of concepts went to "
        f"{writer.counted_names('generation_model', 'generation model')} through "
        f"{writer.counted_names('draft_template', 'draft template')} and "
        f"{writer.counted_names('generation_template', 'essay template')}: "
        f"{writer.count('draft_gen_id', 'draft')} and {writer.count('parent_gen_id', 'essay')}."
    )


def _answers(writer: Writer) -> Iterator[str]:
    """Which versions of the models answered, when and how often."""
    rows = writer.rows(
        "SELECT stage, llm_model_id, coalesce(returned_model, ''), count(*), min(answered_at), "
        f"max(answered_at) FROM generations WHERE {_ANSWERED} GROUP BY ALL ORDER BY ALL"
    )
    rows.sort(key=lambda row: STAGES.index(row[0]))
    parts = "; ".join(_version(writer, *row) for row in rows)
    if parts:
        yield f"Answers (UTC). {parts}."


_ANSWERED = "mode = 'llm' AND answered_at IS NOT NULL"


def _version(
    writer: Writer, stage: str, model: str, returned: str, count: int, first: str, last: str
) -> str:
    where = (
        f"stage = '{stage}' AND llm_model_id = {_quoted(model)} AND "
        f"coalesce(returned_model, '') = {_quoted(returned)}"
    )
    sql = f"SELECT count(*) FROM generations WHERE {_ANSWERED} AND {where}"
    named = f"{model} as {returned}" if returned else f"{model} (version not told)"
    when = f"on {first[:10]}" if first[:10] == last[:10] else f"{first[:10]} to {last[:10]}"
    answers = writer.known(count, sql)
    return f"{stage}s by {named}: {answers} answer{'' if answers == '1' else 's'} {when}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _judging(writer: Writer) -> Iterator[str]:
    yield (
        f"Judging. {writer.counted_names('evaluation_llm_model', 'judge')} scored the essays under "
        f"{writer.count('evaluation_template', 'evaluation template')}{_scales(writer)}, "
        f"{_times(writer)}."
    )
    yield from _judges_of_an_essay(writer)
    temperatures = writer.rows(
        "SELECT DISTINCT temperature FROM parsed_scores WHERE temperature IS NOT NULL ORDER BY 1"
    )
    for (value,) in temperatures:
        sql = f"SELECT DISTINCT temperature FROM parsed_scores WHERE temperature = {value}"
        temperature = writer.known(value, sql, _places(value))
        yield f"Evaluations were asked for at temperature {temperature}."
    both = writer.rows(
        "SELECT DISTINCT evaluation_llm_model FROM parsed_scores "
        "WHERE evaluation_llm_model = generation_model ORDER BY 1"
    )
    if both:
        names = ", ".join(name for (name,) in both)
        yield f"Scores of a model's own essays are among them: {names}."
    elif writer.rows(
        "SELECT DISTINCT evaluation_llm_model FROM parsed_scores WHERE evaluation_llm_model IN "
        "(SELECT generation_model FROM parsed_scores)"
    ):
        yield "No model judged its own essays."


def _times(writer: Writer) -> str:
    sql = "SELECT max(replicate) FROM parsed_scores"
    times = writer.rows(sql)[0][0]
    return "once each" if times == 1 else f"up to {writer.known(times, sql)} times each"


def _judges_of_an_essay(writer: Writer) -> Iterator[str]:
    """How many judges an essay has, where not every judge was asked about every essay."""
    judges_of = "SELECT count(DISTINCT evaluation_llm_model) AS n FROM parsed_scores"
    by_essay = f"FROM ({judges_of} GROUP BY parent_gen_id)"
    ((min_judges, max_judges, judges),) = writer.rows(
        f"SELECT min(n), max(n), ({judges_of}) {by_essay}"
    )
    if min_judges == judges:
        return
    ends = [writer.known(min_judges, f"SELECT min(n) {by_essay}")]
    ends += (
        [writer.known(max_judges, f"SELECT max(n) {by_essay}")] if max_judges != min_judges else []
    )
    yield f"An essay went to {' to '.join(ends)} of them."


def _places(value: float) -> int:
    return 0 if value == int(value) else 2


def _scales(writer: Writer) -> str:
    where = f"FROM ranking WHERE evaluation_template <> '{ALL}'"
    found = writer.rows(
        f"SELECT DISTINCT evaluation_template, scale_low, scale_high {where} ORDER BY 1"
    )
    parts = []
    for template, low, high in found:
        own = f"{where} AND evaluation_template = {_quoted(template)}"
        first, last = (
            writer.known(value, f"SELECT DISTINCT {end} {own}", _places(value))
            for value, end in ((low, "scale_low"), (high, "scale_high"))
        )
        parts.append(f"{template} from {first} to {last}")
    return f" ({'; '.join(parts)})" if parts else ""


def _exclusions(writer: Writer) -> Iterator[str]:
    lost = "FROM parsed_scores WHERE score IS NULL"
    yield (
        f"Exclusions. Of {writer.number('SELECT count(*) FROM parsed_scores')} evaluations asked "
        f"for, {writer.number('SELECT count(score) FROM parsed_scores')} have a score and "
        f"{writer.number(f'SELECT count(*) {lost}')} have none and are left out of all means."
    )
    reasons = writer.rows(f"SELECT DISTINCT error_stage, error_kind {lost} ORDER BY ALL")
    reasons.sort(key=lambda row: (STAGES.index(row[0]), row[1]))
    parts = []
    for stage, kind in reasons:
        where = f"{lost} AND error_stage = {_quoted(stage)} AND error_kind = {_quoted(kind)}"
        parts.append(f"{stage} {kind} ({writer.number(f'SELECT count(*) {where}')})")
    if parts:
        yield f"Reasons: {', '.join(parts)}."


def _analysis(writer: Writer) -> Iterator[str]:
    tested = [
        _tested(writer, axis, plural(axis))
        for axis in AXIS_NAMES
        if writer.rows(f"SELECT 1 FROM contrasts WHERE axis = '{axis}' LIMIT 1")
    ]
    if tested:
        yield (
            "Analysis. Scores were adjusted for judges by least squares; levels were compared "
            "where everything else is alike, by t tests of block-adjusted differences, p values "
            "corrected for all pairs of an axis and template (Holm, 1979), with judges and "
            "templates fixed."
        )
        yield f"Pairs of {'; '.join(tested)}."
    count = writer.rows("SELECT max(n_templates) FROM ranking")
    if count and (count[0][0] or 0) > 1:
        sql = "SELECT max(n_templates) FROM ranking"
        yield f"Composites weigh {writer.number(sql)} evaluation templates alike."


def _tested(writer: Writer, axis: str, name: str) -> str:
    last = f"FROM contrasts WHERE axis = '{axis}' AND n_templates = (SELECT max(n_templates) "
    last += f"FROM contrasts WHERE axis = '{axis}')"
    pairs = writer.number(f"SELECT count(*) {last}")
    known = writer.rows(f"SELECT count(p_holm) {last}")[0][0]
    if not known:
        return f"{name}: {pairs}, none tested"
    methods = writer.rows(f"SELECT DISTINCT method {last} ORDER BY 1")
    blocks = writer.number(f"SELECT min(n_blocks) {last}")
    return (
        f"{name}: {pairs}, on {' / '.join(str(m) for (m,) in methods)}, at least {blocks} "
        "shared blocks"
    )


def _reliability(writer: Writer) -> Iterator[str]:
    where = "FROM reliability WHERE measure = 'krippendorff_alpha' AND value IS NOT NULL"
    scopes = writer.rows(f"SELECT DISTINCT scope {where} ORDER BY 1")
    if len(scopes) == 2:  # of one template, and over all of them: the same
        scopes = [scope for scope in scopes if scope[0] != OVERALL]
    parts = [
        f"{writer.number(f'SELECT value {where} AND scope = {_quoted(scope)}', 2)} ({scope})"
        for (scope,) in scopes
    ]
    if parts:
        yield f"Reliability. Krippendorff's interval alpha was {', '.join(parts)}."


def _people(writer: Writer) -> Iterator[str]:
    for (template,) in writer.rows(
        "SELECT DISTINCT evaluation_template FROM human_agreement ORDER BY 1"
    ):
        where = "FROM human_agreement WHERE kind = 'panel' AND evaluation_template = "
        where += _quoted(template)
        count = writer.number(f"SELECT n {where}")
        pearson = writer.number(f"SELECT pearson {where}", 2)
        yield (
            f"People rated {count} essays under {template}; the mean of the judges correlates with "
            f"theirs at {pearson}."
        )


def rendered(ask: Ask, with_sources: bool, typed: Callable[[str], str] = str) -> Iterator[str]:
    """Lines for a terminal: the paragraphs, then where each number is from.

    ``typed`` gives a command the options that choose this cohort.
    """
    paragraphs, numbers = methods(ask)
    for paragraph in paragraphs:
        yield from wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
        yield ""
    yield f"Made with DayDreaming {__version__}; methods and references: docs/statistics.md."
    if not with_sources:
        yield f"Where each number is from: {typed('daydream methods --sources')}"
        return
    yield ""
    for number in numbers:
        command = typed(f'daydream query "{number.sql}"')
        yield f"{number.text:>10}  {command}"
