"""Schema and tables of the configuration are those of its types; nobody writes them by hand."""

from __future__ import annotations

from daydream.experiment.config_docs import README, SCHEMA_FILE, schema_text, with_tables


def test_the_schema_has_not_drifted_from_the_settings() -> None:
    """`python -m daydream.experiment.config_docs` makes it again."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_tables_of_the_readme_have_not_drifted_from_the_settings() -> None:
    page = README.read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert page.count("made by daydream.experiment.config_docs") == 3
