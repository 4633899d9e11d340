"""The draft of a dealer's YAML, with its reasons and doubts as comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingestion.contracts import Contract
from ingestion.dealer_entries import GROUP_CODE
from ingestion.dealer_files import Group
from ingestion.errors import AmbiguousDates, AmbiguousNumbers
from ingestion.evidence import JUNK_CHARACTERS, PREFIX_LENGTH, decide_dates, decide_numbers
from ingestion.located_yaml import quoted
from ingestion.onboarding.column_names import our_word
from ingestion.onboarding.looks import ColumnLook
from ingestion.onboarding.matching import Match, Matching
from ingestion.onboarding.read_sample import Sample

MOST_WORDS = 30
"""Different words of one column that are written down; a column of more is no word column."""

_DATES_IN_NAMES = (
    (re.compile(r"20\d\d[01]\d[0-3]\d"), "%Y%m%d"),
    (re.compile(r"20\d\d-[01]\d-[0-3]\d"), "%Y-%m-%d"),
    (re.compile(r"20\d\d_[01]\d_[0-3]\d"), "%Y_%m_%d"),
    (re.compile(r"[0-3]\d\.[01]\d\.20\d\d"), "%d.%m.%Y"),
    (re.compile(r"[0-3]\d-[01]\d-20\d\d"), "%d-%m-%Y"),
    (re.compile(r"[0-3]\d_[01]\d_20\d\d"), "%d_%m_%Y"),
    (re.compile(r"[0-3]\d[01]\d20\d\d"), "%d%m%Y"),
)


@dataclass(frozen=True)
class FeedDraft:
    """One entry below `feeds:`, as text, and what is open in it."""

    lines: tuple[str, ...]  # without indentation of the list they go into
    doubts: tuple[str, ...]  # a sentence each
    path: str


def path_pattern(folder: str, name: str) -> str:
    """The path of such files under landing/: the day in the name becomes `{date:…}`."""
    for pattern, written in _DATES_IN_NAMES:
        if match := pattern.search(name):
            return f"{folder}/{name[: match.start()]}{{date:{written}}}{name[match.end() :]}"
    return f"{folder}/{name}"


def draft_dealer(dealer_code: str, group: Group, feed: FeedDraft) -> str:
    """The whole YAML of a dealer who has none yet."""
    head = [f"dealer_code: {dealer_code} # never changes: it is part of every key"]
    if dealer_code != GROUP_CODE:
        head += [
            f"name: {dealer_code} # decide: the name as people say it",
            "# legal_entity: decide: the company's name",
            "# same_group: false # decide: an independent dealer, to whom head office may suggest and not allocate",
        ]
    head += [
        f"time_zone: {group.time_zone} # decide: the dealer's own clock; this is the group's",
        f"phone_region: {group.default_phone_region} # of phones written without a country; this is the group's",
        "# own_phones: [\"+74951234567\"] # decide: the dealer's own numbers, never a customer's",
        "feeds:",
    ]
    return "\n".join([*head, *indented(feed.lines, 2)]) + "\n"


def indented(lines: Iterable[str], spaces: int) -> list[str]:
    """The lines of an entry as an item of a list that stands `spaces` in."""
    shifted = [f"{' ' * (spaces + 2)}{line}".rstrip() for line in lines]
    shifted[0] = f"{' ' * spaces}- {shifted[0].lstrip()}"
    return shifted


def draft_feed(sample: Sample, matching: Matching, *, path: str, dealer_code: str, currency: str) -> FeedDraft:
    """The feed's entry: how the file is read, what its columns are, which words it uses, and what is to be decided."""
    return _FeedDraft(sample, matching, path, dealer_code, currency).write()


class _FeedDraft:
    def __init__(self, sample: Sample, matching: Matching, path: str, dealer_code: str, currency: str) -> None:
        self.sample = sample
        self.matching = matching
        self.contract: Contract = matching.contract
        self.path = path
        self.dealer_code = dealer_code
        self.currency = currency
        self.looks = {look.header: look for look in sample.looks}
        self.doubts: list[str] = []

    def write(self) -> FeedDraft:
        if not self.sample.row_count:
            self.doubts.append("the file has no rows: its columns are told by their names alone")
        lines = [
            f"source: {self.contract.source}",
            f"entity: {self.contract.entity}",
            f"path: {quoted(self.path) if '{' not in self.path else self._quoted_path()} # under landing/",
            *self._format(),
            *self._dates(),
            *self._delivery(),
            *self._columns(),
            *self._values(),
            *self._unmapped(),
        ]
        return FeedDraft(tuple(lines), tuple(self.doubts), self.path)

    def _quoted_path(self) -> str:
        is_plain = re.fullmatch(r"[^\W\d][\w./{}:%*-]*", self.path) and " " not in self.path
        return self.path if is_plain else json.dumps(self.path, ensure_ascii=False)

    def _matched(self, types: Sequence[str]) -> Iterator[tuple[Match, ColumnLook]]:
        for match in self.matching.matches:
            if match.column in self.contract.column_names and self.contract.column(match.column).type in types:
                yield match, self.looks[match.header]

    # --- how it is read

    def _format(self) -> Iterator[str]:
        facts, form = self.sample.facts, self.sample.form
        yield "format:"
        yield f"  type: {form.type}"
        if form.member is not None:
            yield f"  member: {quoted(form.member)} # of the archive; `*` and `?` match"
        if "survey" in facts:
            yield f"  survey: {facts['survey']} # known by {facts.get('survey_by', 'its columns')}"
        if facts.get("encoding_by") not in (None, "nothing but ASCII"):
            yield f"  encoding: {facts['encoding']} # found by: {facts['encoding_by']}"
        if "delimiter" in facts:
            yield f"  delimiter: {json.dumps(facts['delimiter'])}"
        yield from self._decimal()
        if form.header_row is not None:
            yield f"  header_row: {form.header_row} # the first row whose cells read like names of columns"
            if form.header_rows is not None:
                yield f"  header_rows: {form.header_rows} # a column is called by its cells from top to bottom"
        elif facts.get("header_row", 1) > 1 and "survey" not in facts:
            yield f"  # header_row: {facts['header_row']} # there in this file; it is looked for in each, by its names"
        if "sheet" in facts:
            yield f"  sheet: {quoted(str(facts['sheet']))} # remove the line where its name changes"
        yield from self._total_row()

    def _decimal(self) -> Iterator[str]:
        shapes = [
            re.sub(r"\d", "0", cell)
            for _, look in self._matched(("amount", "decimal", "integer"))
            for cell in look.values
        ]
        if not any(mark in shape for shape in shapes for mark in ",."):
            return
        try:
            writing = decide_numbers("this file", shapes, None)
        except AmbiguousNumbers as error:
            self.doubts.append(f"the decimal mark: found {error.found}")
            yield f"  # doubtful: {error.found}"
            yield '  # decimal: "," # decide: the mark before the decimals'
            return
        if self.sample.form.type == "csv":
            yield f'  decimal: "{writing.decimal}" # found by: {writing.decided_by}'

    def _total_row(self) -> Iterator[str]:
        total = self.sample.total
        if total is None:
            return
        cells = dict(total.cells)
        sums = {
            match.column: match.header
            for match, look in self._matched(("amount", "decimal", "integer"))
            if match.header in cells and _adds_up(look, cells[match.header]) and not look.has_more_values
        }
        told = f", sums: {{{', '.join(f'{ours}: {quoted(theirs)}' for ours, theirs in sums.items())}}}" if sums else ""
        agrees = "its sums agree with the rows" if sums else "no sum in it agrees with the rows of a mapped column"
        yield f"  total_row: {{column: {quoted(total.column)}, equals: {quoted(total.equals)}{told}}} # {agrees}"

    def _dates(self) -> Iterator[str]:
        prefixes: list[tuple[str, int]] = []
        for _, look in self._matched(("moment", "date")):
            prefixes += [(cell[:PREFIX_LENGTH].strip(), times) for cell, times in look.values.items()]
        if not prefixes:
            return
        try:
            writing = decide_dates("this file", prefixes, None)
        except AmbiguousDates as error:
            self.doubts.append(f"the order of day and month: found {error.found}")
            yield f"# doubtful: found {' '.join(error.found.split())}; unsaid, such a file is refused"
            yield "# dates: {order: dmy} # decide: dmy, mdy or ymd"
            return
        yield f"dates: {{order: {writing.order}}} # found by: {writing.decided_by}"

    def _delivery(self) -> Iterator[str]:
        is_register = self.contract.entity in ("customers", "vehicles", "registrations", "channel_spend")
        guess = "a register is often sent whole" if is_register else "documents are often sent as they come"
        yield f"delivery: delta # decide: full or delta; {guess}"
        yield "# full: each file holds everything, what the next lacks is marked absent; delta: what is new or changed."
        yield '# due: "06:00" # decide: local time by which the day\'s file must have come'
        if self.contract.year_of:
            told = "true" if self.contract.has_yearly_numbers else "false"
            yield f"yearly_numbers: {told} # decide before the first load: do the numbers begin anew each year?"

    # --- what is what

    def _columns(self) -> Iterator[str]:
        if self.sample.form.names_columns_as_we_do:
            yield "# columns: none are named: the standard says where everything stands"
            return
        yield "columns: # our column: the dealer's"
        for match in self.matching.matches:
            yield f"  {match.column}: {quoted(match.header)}{self._doubt_of(match)}"
        for missing in self.matching.missing:
            self.doubts.append(f"the feed needs {missing}, and no column seems to be it")
            yield f"  # {missing}: ? # decide: the feed needs it, and no column seems to be it"
        if "dealer_code" in {match.column for match in self.matching.matches}:
            yield from self._dealers()

    def _doubt_of(self, match: Match) -> str:
        look = self.looks[match.header]
        notes = []
        if match.is_doubtful or match.rivals:
            others = ", ".join(match.rivals[:3])
            if match.is_doubtful:
                notes.append(f"told by {match.by} alone" if match.by != "its name" else "its name is only alike")
            if others:
                notes.append(f"also looks like {others}")
        if not look.filled:
            notes.append("empty in this file")
        if not notes:
            return f" # {match.by}" if match.by != "its name" else ""
        if match.is_doubtful or len(notes) > 1 or match.rivals:
            self.doubts.append(f"{match.column}: {quoted(match.header)}: {'; '.join(notes)}")
        return f" # doubtful: {'; '.join(notes)}"

    def _dealers(self) -> Iterator[str]:
        if self.dealer_code == GROUP_CODE:
            return
        (header,) = (match.header for match in self.matching.matches if match.column == "dealer_code")
        count = len(self.looks[header].values)
        if count > 1:
            self.doubts.append(
                f"the file carries {count} dealers: a file of many is the group's, `--dealer {GROUP_CODE}`"
            )
            yield f"  # doubtful: the file names {count} dealers; a file of many belongs into a YAML of `{GROUP_CODE}`"

    def _values(self) -> Iterator[str]:
        written: list[str] = []
        for match, look in self._matched(("word",)):
            written += [f"  {line}" for line in self._words_of(match.column, look)]
        dealer = next((match for match in self.matching.matches if match.column == "dealer_code"), None)
        is_read = self.dealer_code == GROUP_CODE or not self.sample.form.names_columns_as_we_do
        if dealer is not None and is_read and self.looks[dealer.header].values:
            written += [f"  {line}" for line in self._words_for_dealers(self.looks[dealer.header])]
        if any(not line.lstrip().startswith("#") for line in written):
            yield "values: # our column: the dealer's words and ours"
            yield from written
        elif written:
            yield "# values:"
            yield from (f"# {line.replace('# ', '', 1)}" for line in written)

    def _words_of(self, column: str, look: ColumnLook) -> Iterator[str]:
        allowed = ", ".join(word for word, _ in self.contract.column(column).words)
        if len(look.values) > MOST_WORDS or look.has_more_values:
            self.doubts.append(f"{column}: more than {MOST_WORDS} different words")
            yield f"# {column}: doubtful: {len(look.values)} different words; the right column? allowed: {allowed}"
            return
        told = {cell: our_word(self.contract, column, cell) for cell, _ in look.values.most_common()}
        known = ", ".join(f"{json.dumps(cell, ensure_ascii=False)}: {word}" for cell, word in told.items() if word)
        if known:
            yield f"{column}: {{{known}}}"
        for cell in (cell for cell, word in told.items() if word is None):
            theirs = json.dumps(cell, ensure_ascii=False)
            self.doubts.append(f"{column}: what does {theirs} mean?")
            yield f"# {theirs}: ? # decide, {look.values[cell]:,} row(s); allowed: {allowed}"

    def _words_for_dealers(self, look: ColumnLook) -> Iterator[str]:
        cells = [cell for cell, _ in look.values.most_common(MOST_WORDS)]
        if self.dealer_code != GROUP_CODE and len(cells) == 1:
            yield f"dealer_code: {{{json.dumps(cells[0], ensure_ascii=False)}: {self.dealer_code}}}"
            return
        self.doubts.append("dealer_code: whose rows are whose?")
        yield "# dealer_code: decide: what the file calls each dealer, and the dealer's code"
        yield from (f"#   {json.dumps(cell, ensure_ascii=False)}: ?" for cell in cells)

    def _unmapped(self) -> Iterator[str]:
        left = self.matching.unmapped
        if not left or self.sample.form.names_columns_as_we_do:
            return
        yield "# Of none of our columns, so kept beside the row in `_extra`. What must not be kept goes below by name:"
        yield "# personal data that nobody needs, above all."
        yield from (
            f"#   {quoted(header)}{'' if self.looks[header].filled else ' # empty in this file'}" for header in left
        )
        yield "ignore: []"


def _adds_up(look: ColumnLook, total: str) -> bool:
    numbers = [number for cell, times in look.values.items() for number in [_number(cell)] * times]
    stated = _number(total)
    return stated is not None and None not in numbers and abs(sum(n for n in numbers if n) - stated) < 0.01


def _number(cell: str) -> float | None:
    core = cell
    for character in JUNK_CHARACTERS:
        core = core.replace(character, "")
    if core.count(",") == 1 and "." not in core:
        core = core.replace(",", ".")
    try:
        return float(core.replace(",", ""))
    except ValueError:
        return None
