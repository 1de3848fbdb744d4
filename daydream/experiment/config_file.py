"""Reading configuration files and ``--config`` strings, with names kept as they were typed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from daydream.errors import ConfigError
from daydream.experiment.config_yaml import read_yaml
from daydream.experiment.installation import WORKFLOW

CONFIG_FILE = WORKFLOW / "config" / "config.yaml"
SCHEMA_FILE = WORKFLOW / "config" / "config.schema.yaml"
OWN_FILE = "daydream.yaml"
"""An experiment's own configuration, read in the working directory over the shipped one."""
VARIABLE = "DAYDREAM_CONFIG"


def own_files() -> list[Path]:
    """The experiment's own configuration files, the later over the earlier.

    They are ``daydream.yaml``, if the working directory has one, and the file that the environment
    variable ``DAYDREAM_CONFIG`` names.
    """
    path, named = Path.cwd() / OWN_FILE, os.environ.get(VARIABLE)
    return [*([path] if os.path.lexists(path) else []), *([Path(named)] if named else [])]


def config_files() -> list[str]:
    """The configuration files of a run before those of its command line: the shipped one first."""
    return list(map(str, [CONFIG_FILE, *own_files()]))


def load_config(
    overrides: Iterable[Path] = (), values: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The shipped configuration, then each file over it, then single values, as Snakemake does.

    Raises:
        ConfigError: when a file is missing or is not a YAML mapping.

    """
    merged = read_file(CONFIG_FILE)
    for path in overrides:
        _merge(merged, read_file(path))
    _merge(merged, values or {})
    return merged


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def read_file(path: Path, typed: bool = True) -> dict[str, Any]:
    """One configuration file, YAML or JSON.

    Args:
        path: the file.
        typed: whether names stay as they were typed; otherwise values are Snakemake's.

    Raises:
        ConfigError: when it is missing or is not a mapping of keys to values.

    """
    where = f"config file {path}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}. Mend its name.") from error
    read = read_yaml(content, where, typed)
    if not isinstance(read, dict):
        raise ConfigError(
            f"{where} is not a mapping of keys to values. Write a line such as `k_max: 3`."
        )
    return read


def read_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    """What ``--config key=value ...`` says; a mapping is read, all else stays the text it is.

    Raises:
        ConfigError: when a string is no ``key=value``, or a mapping is not YAML.

    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator:
            raise ConfigError(f"--config {pair}: write key=value.")
        _merge(values, {key: read_value(text, f"--config {key}")})
    return values


def read_value(text: str, where: str) -> Any:
    """One value of the command line: None when blank, a mapping in braces, or the text itself."""
    if not text:
        return None
    if not text.lstrip().startswith("{"):
        return text
    return read_yaml(text.encode(), where, typed=True)


def keep_typed(config: dict[str, Any], pairs: Sequence[str], files: Sequence[str | Path]) -> None:
    """Put back into Snakemake's configuration what was typed where Snakemake read a number.

    Snakemake reads ``cohort=2026_11_26`` as 20261126 and ``007`` as 7. A value is replaced only
    where it is what Snakemake made of that very text, so that what an outer workflow has set stays.

    Args:
        config: Snakemake's configuration, changed in place.
        pairs: the strings of ``--config``.
        files: configuration files, each over those before it.

    Raises:
        ConfigError: when a file has a key twice, or is not YAML.

    """
    for pair in reversed(pairs):
        key, _, text = pair.partition("=")
        ours = read_value(text, f"--config {key}")
        _put_back(config, {key: _as_snakemake(text)}, {key: ours})
    for path in map(Path, reversed(files)):
        ours, theirs = read_file(path), read_file(path, typed=False)
        _put_back(config, theirs, ours)
        for key, below in theirs.items():  # `module: config: config["key"]`
            if isinstance(below, Mapping):
                _put_back(config, below, ours[key])


def _put_back(config: dict[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    for key, value in theirs.items():
        here = config.get(key)
        if isinstance(value, Mapping) and isinstance(ours[key], Mapping) and isinstance(here, dict):
            _put_back(here, value, ours[key])
        elif type(here) is type(value) and key in config and _is_same(here, value):
            config[key] = ours[key]


def _is_same(here: Any, value: Any) -> bool:
    """Whether two values are equal, or both are the number that equals nothing (``NaN``)."""
    return bool(here == value or (here != here and value != value))


def _as_snakemake(text: str) -> Any:
    """What Snakemake makes of a value of ``--config``."""
    import yaml

    if not text:
        return None
    if text in ("True", "False"):
        return text == "True"
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return text
