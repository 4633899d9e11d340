"""What every error of the project is made of, so that the night shift can act on it."""

from __future__ import annotations

from typing import ClassVar


class Dealer360Error(Exception):
    """A failure that a person can do something about: where it is, what was found, what was expected, what to do.

    Subclasses are named by the situation (`MissingColumns`, `UnknownDealer`). `do` ends by saying what became of the
    data: nothing was loaded, the build before stays published, and so on.
    """

    is_transient: ClassVar[bool] = False
    """Whether the same call may succeed a minute later without anybody changing anything."""

    def __init__(self, where: str, *, found: str, expected: str, do: str) -> None:
        self.where = where
        self.found = found
        self.expected = expected
        self.do = do
        super().__init__(where)

    def __str__(self) -> str:
        lines = [f"{type(self).__name__}: {self.where}"]
        for label, text in (("found:", self.found), ("expected:", self.expected), ("do:", self.do)):
            first, *rest = text.splitlines() or [""]
            lines.append(f"  {label:<9} {first}".rstrip())
            lines.extend(f"  {'':<9} {line}".rstrip() for line in rest)
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling between processes: the default would call the class with `where` alone."""
        return _rebuilt, (type(self), self.where, self.found, self.expected, self.do)


def _rebuilt(kind: type[Dealer360Error], where: str, found: str, expected: str, do: str) -> Dealer360Error:
    error = kind.__new__(kind)
    Dealer360Error.__init__(error, where, found=found, expected=expected, do=do)
    return error
