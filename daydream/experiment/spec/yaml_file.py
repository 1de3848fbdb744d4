"""Reading a spec's YAML: every scalar stays the text that was written, no key stands twice.

YAML would turn ``no`` into false, ``1.10`` into 1.1 and ``1e3`` into a number, and all of them can
be ids.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from daydream.errors import ConfigError, SpecError
from daydream.experiment.config_yaml import check_depth
from daydream.store.file_errors import file_error


class _TextLoader(yaml.BaseLoader):
    """The loader that knows texts, lists and mappings only, and refuses a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Make a mapping.

        Raises:
            ConstructorError: when a key stands twice.
        """
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key, (key_node, _) in zip(keys, node.value, strict=True):
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key}' is there twice", key_node.start_mark
                )
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping, with every scalar as text.

    Raises:
        SpecError: when the file is missing, is no YAML or holds something else.

    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        check_depth(text, str(path))
        content = yaml.load(text, Loader=_TextLoader)
    except FileNotFoundError:
        raise SpecError(
            f"there is no spec {path}. Write it, or name another file or cohort."
        ) from None
    except OSError as error:
        raise SpecError(str(file_error(error))) from error
    except ConfigError as error:
        raise SpecError(str(error)) from None
    except UnicodeDecodeError as error:
        raise SpecError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SpecError(f"{path}{line}: {error.problem}. Fix the YAML.") from error
    except yaml.YAMLError as error:
        raise SpecError(f"{path} is no YAML: {error}. Fix it.") from error
    if content in ("", None):
        return {}
    if not isinstance(content, dict):
        raise SpecError(f"{path} is not a mapping of keys to values. Begin with 'axes:'.")
    return content
