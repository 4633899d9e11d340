"""YAML with line numbers, so that a mistake can be told by file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Location = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top."""


class _PlainLoader(yaml.SafeLoader):
    """Reads `yes`, `06:00` and `2026-01-31` as the text they are: YAML 1.1 makes a boolean, 360 and a date of them."""


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|false|False)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", "-+0123456789"),
):
    _PlainLoader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


_PLAIN_YAML = re.compile(r"[^\W\d][\w ./-]*[\w.)]|[^\W\d]")
_YAML_WORDS = frozenset(("yes", "no", "true", "false", "null", "on", "off", "y", "n", "t", "f"))


@dataclass(frozen=True)
class LocatedDocument:
    """A YAML document, the line of every value in it, and what is wrong with its writing."""

    file: Path
    content: Any
    lines: dict[Location, int]
    problems: tuple[str, ...]

    def line_of(self, location: Location) -> int:
        """The line of the value at `location`, or of the nearest one around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def problem(self, location: Location, wrong: str, allowed: str) -> str:
        """One line that says where, what is wrong and what is allowed."""
        return f"{self.file}:{self.line_of(location)}: {wrong}; {allowed}"


def read_located(file: Path) -> LocatedDocument:
    """The document in `file`. Broken YAML gives a document without content and with a problem, never an exception."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return LocatedDocument(file, None, {}, (f"{file}:1: not UTF-8 ({error.reason}); save the file as UTF-8",))
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        return LocatedDocument(file, None, {}, (f"{file}:{line}: not YAML: {problem}; see https://yaml.org",))
    if node is None:
        return LocatedDocument(file, None, {}, (f"{file}:1: the file is empty; see docs/examples",))
    lines: dict[Location, int] = {}
    problems: list[str] = []
    content = _convert(file, node, (), lines, problems, loader)
    return LocatedDocument(file, content, lines, tuple(problems))


def _convert(
    file: Path, node: yaml.Node, at: Location, lines: dict[Location, int], problems: list[str], loader: yaml.SafeLoader
) -> Any:  # noqa: ANN401 - a YAML value is anything
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        content: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in content:
                problems.append(f"{file}:{line}: `{key}` stands here a second time; each key once")
            lines[(*at, key)] = line
            content[key] = _convert(file, value_node, (*at, key), lines, problems, loader)
        return content
    if isinstance(node, yaml.SequenceNode):
        return [
            _convert(file, item, (*at, position), lines, problems, loader) for position, item in enumerate(node.value)
        ]
    return loader.construct_object(node, deep=True)


def quoted(text: str) -> str:
    """A text as YAML writes it: plain where it can be, else in double quotes."""
    if _PLAIN_YAML.fullmatch(text) and text.casefold() not in _YAML_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def yaml_line(key: str, texts: Sequence[str]) -> str:
    """A key with a list of texts, on one line."""
    return f"{key}: [{', '.join(map(quoted, texts))}]"
