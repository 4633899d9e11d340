"""A feed's path: which files under landing/ belong to it, and the delivery date that a name gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

_DATE_TOKENS = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%j": r"\d{3}",
    "%H": r"\d{2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
}
_PLACEHOLDER = re.compile(r"\{(?P<name>[^:{}]*)(?::(?P<format>[^{}]*))?\}")


@dataclass(frozen=True)
class PathPattern:
    """`d01/sales_{date:%Y%m%d}*.csv`: `*` and `?` match within a folder, `**` across folders."""

    text: str

    @property
    def has_date(self) -> bool:
        """Whether the name of a file gives its delivery date."""
        return _PLACEHOLDER.search(self.text) is not None

    def match(self, path: str) -> re.Match[str] | None:
        """The match of a path under landing/ (with `/`), or None when the file is not this feed's."""
        return re.fullmatch(self._expression(), path)

    def date_in(self, path: str) -> date | None:
        """The delivery date that `path` names; None where the pattern has no date or the name holds no real date."""
        match, placeholder = self.match(path), _PLACEHOLDER.search(self.text)
        if match is None or placeholder is None:
            return None
        try:
            return datetime.strptime(match["date"], placeholder["format"]).date()  # noqa: DTZ007 - a day, no moment
        except ValueError:
            return None

    def mistake(self) -> str | None:
        """What is wrong with the pattern, as a sentence; None when nothing is."""
        placeholders = list(_PLACEHOLDER.finditer(self.text))
        if self.text.startswith("/") or ".." in self.text.split("/") or "\\" in self.text:
            return "a path is relative to landing/, with `/` between folders and without `..`"
        if self.text.startswith(("http://", "https://")):
            return "what an address gives is a feed with `url:` instead of `path:`"
        if len(placeholders) > 1:
            return "a path has one {date:…} at most"
        for placeholder in placeholders:
            wanted = placeholder["format"] or ""
            tokens = re.findall(r"%.", wanted)
            if placeholder["name"] != "date" or not tokens or any(token not in _DATE_TOKENS for token in tokens):
                return f"a date is written {{date:%Y%m%d}}, of {' '.join(_DATE_TOKENS)}"
            has_day = {"%d", "%m"} <= set(tokens) or "%j" in tokens
            if not has_day or not {"%Y", "%y"} & set(tokens):
                return "a delivery date has a year, a month and a day: {date:%Y%m%d}"
        if "{" in _PLACEHOLDER.sub("", self.text):
            return "a `{` that is no {date:%Y%m%d}"
        return None

    def _expression(self) -> str:
        parts = []
        for part in re.split(r"(\{[^{}]*\}|\*\*/|\*|\?)", self.text):
            placeholder = _PLACEHOLDER.fullmatch(part)
            if placeholder:
                pieces = re.split(r"(%.)", placeholder["format"] or "")
                parts.append("(?P<date>" + "".join(_DATE_TOKENS.get(p) or re.escape(p) for p in pieces) + ")")
            else:
                parts.append({"**/": r"(?:[^/]+/)*", "*": r"[^/]*", "?": r"[^/]"}.get(part) or re.escape(part))
        return "".join(parts)
