"""What can go wrong between a dealer's file and schema raw: the sentence the night shift needs, one class a situation.

Two families: a `RefusedFile` is the file's (or its YAML's) fault and stops that file alone; a `TransientFailure` is
the surroundings' fault, and the same call may succeed a minute later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from ingestion.located_yaml import yaml_line
from warehouse.errors import Dealer360Error

_NEW_NAME = "<its new name>"
APPROVE = "`dealer360 batches approve BATCH --reason '…'`"
"""What a person does about a held file; BATCH becomes the batch's name when the file is refused."""
APPROVABLE_REFUSALS = ("control_total_differs", "exchanged_dates", "ragged_rows", "gate_refused")
"""Reasons why a file was refused that a person may overrule: it could be read, and its rows are judged all the same."""
NOTHING_LOADED = "Nothing from this file was loaded; the data loaded before stay as they are."


class InvalidSettings(Dealer360Error):
    """The workspace's YAML files say something that they may not say; `problems` holds one line a mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            f"{len(self.problems)} mistake(s) in the workspace's YAML files",
            found="\n".join(self.problems),
            expected="ingestion/dealer.schema.json and the contracts under ingestion/sources/",
            do="correct the lines named above, then run `dealer360 validate`. No data was touched.",
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling between processes."""
        return InvalidSettings, (self.problems,)


class NotDrafted(Dealer360Error):
    """A draft of a dealer's YAML that could not be made, or not be added to what is there."""


class UnknownBatch(Dealer360Error):
    """No batch of that name, or its file or feed is no longer there."""


class RowsNotReleasable(Dealer360Error):
    """Rows that nobody can vouch for: no dealer, no key, cells that nobody can tell apart, or corrected meanwhile."""


class WaitsForApproval(Dealer360Error):
    """A held batch is loaded only by a person who answers for it by name."""


class NotApprovable(Dealer360Error):
    """A batch that no approval helps: it is loaded, or its file cannot be read as what it should be."""


class NotCorrected(Dealer360Error):
    """A workbook of corrections that is none: without the columns of the export, or of rows that do not wait."""


class LaterDelivery(Dealer360Error):
    """A batch that is not the last word on its day: loaded once more it would overwrite what came after it."""


class SurroundingsFailed(Dealer360Error):
    """The machine or the server stands in the way, and somebody has to clear it; no file is to blame."""


class OriginUnreachable(SurroundingsFailed):
    """Where a feed comes from (a store, a database, an address) gives nothing, and somebody must see to it."""


class NoRoomLeft(SurroundingsFailed):
    """A disk is full: the server's, or that of the workspace."""


class TransientFailure(SurroundingsFailed):
    """The connection broke or a lock was held; what was committed stands, the rest is done by the next try."""

    is_transient: ClassVar[bool] = True


class RefusedFile(Dealer360Error):
    """A file that is not what its feed must be. Nothing of it reaches raw."""

    reason_code: ClassVar[str] = "refused_file"
    status: ClassVar[Literal["refused", "held"]] = "refused"

    def __init__(self, where: str, *, found: str, expected: str, do: str) -> None:
        super().__init__(where, found=found, expected=expected, do=f"{do} {NOTHING_LOADED}")

    @property
    def sentence(self) -> str:
        """What is wrong, in one line."""
        return " ".join(f"found {self.found}; expected {self.expected}".split())


class UnreadableFile(RefusedFile):
    """The bytes are not of the format that the YAML names."""

    reason_code = "unreadable_file"


class EncodingContradicted(RefusedFile):
    """The file is in another encoding than the YAML says."""

    reason_code = "encoding_contradicted"


class DelimiterContradicted(RefusedFile):
    """The cells of the file are divided by another mark than the YAML says."""

    reason_code = "delimiter_contradicted"


class EmptyFile(RefusedFile):
    """Not a byte, or no row that holds column names."""

    reason_code = "empty_file"


class NoRows(RefusedFile):
    """A full delivery of nothing: an empty file does not mean that everything was deleted."""

    reason_code = "no_rows"


class MissingColumns(RefusedFile):
    """Columns without which the feed means nothing are not in the file.

    `missing` holds our column and the dealer's names for it, of each; `do` has a line of YAML for each, with the name
    that it has now in the file where that was suggested.
    """

    reason_code = "missing_columns"

    def __init__(
        self,
        where: str,
        *,
        found: str,
        expected: str,
        first: str,
        place: str,
        missing: Sequence[tuple[str, tuple[str, ...]]],
    ) -> None:
        self.missing = tuple(missing)
        self._first = first  # what to look at before anything else
        self._place = place  # of the feed in the dealer's YAML
        super().__init__(where, found=found, expected=expected, do=self._what_to_do({}))

    def suggest(self, names: Mapping[str, str]) -> None:
        """Columns of the file that ours may be now are written into the lines of YAML."""
        self.do = f"{self._what_to_do(names)} {NOTHING_LOADED}"

    def _what_to_do(self, names: Mapping[str, str]) -> str:
        lines = [yaml_line(name, (*known, names.get(name, _NEW_NAME))) for name, known in self.missing]
        written = "\n".join(f"  {line}" for line in lines)
        return (
            f"{self._first}If the dealer renamed a column, write in {self._place}, under `columns:`\n{written}\n"
            "otherwise ask the dealer to resend."
        )


class RepeatedColumns(RefusedFile):
    """Two columns of the file have the same name, and the YAML maps that name."""

    reason_code = "repeated_columns"


class TwoTables(RefusedFile):
    """The header comes again in the middle, with its names in other places: two exports were put into one file."""

    reason_code = "two_tables"


class ExchangedDates(RefusedFile):
    """Excel took days for months where it could (up to the twelfth) and left the other dates as they were typed."""

    reason_code = "exchanged_dates"


class TruncatedFile(RefusedFile):
    """The file ends before its end: a cut last line, an open quote, a missing total row."""

    reason_code = "truncated_file"


class UnclosedQuote(TruncatedFile):
    """A quote opens in some row and is never closed: nobody can tell where that cell ends."""

    reason_code = "unclosed_quote"


class UnclearSheet(RefusedFile):
    """Several sheets of the workbook could be the one that is meant."""

    reason_code = "unclear_sheet"


class UnclearMember(RefusedFile):
    """Several files in the archive could be the one that is meant, or none is."""

    reason_code = "unclear_member"


class TooLarge(RefusedFile):
    """The file, or what it unpacks to, is larger than any delivery of its kind: nothing of it was read further."""

    reason_code = "too_large"


class RaggedRows(RefusedFile):
    """Too many rows have another number of cells than the header."""

    reason_code = "ragged_rows"


class AmbiguousDates(RefusedFile):
    """Dates that can be read in two ways, or are written in two ways in one file.

    `cells` holds one of each kind. They may be days of birth: they are looked for in the file, and never told.
    """

    reason_code = "ambiguous_dates"

    def __init__(self, where: str, *, found: str, expected: str, do: str, cells: Sequence[str] = ()) -> None:
        self.cells = tuple(cells)
        super().__init__(where, found=found, expected=expected, do=do)


class AmbiguousNumbers(RefusedFile):
    """Amounts whose decimal mark cannot be told from the thousands separator."""

    reason_code = "ambiguous_numbers"


class ControlTotalDiffers(RefusedFile):
    """The file's own total row and the sum of its rows differ."""

    reason_code = "control_total_differs"


class FileOfAnotherDealer(RefusedFile):
    """Most rows name another dealer than the one whose feed this is."""

    reason_code = "file_of_another_dealer"


class FarFewerRows(RefusedFile):
    """A full delivery holds far fewer rows than the feed's deliveries usually do."""

    reason_code = "far_fewer_rows"
    status = "held"


class AllRecordsNew(RefusedFile):
    """A full delivery holds none of the records that the feed had: another dealer's, or numbered in another way."""

    reason_code = "all_records_new"
    status = "held"


class DeliveredInTheFuture(RefusedFile):
    """The file's name gives a day that is still to come: it would outrank every delivery until then."""

    reason_code = "delivered_in_the_future"
    status = "held"


class NoSuchDay(RefusedFile):
    """The name of a full delivery gives a date that does not exist: nobody can say which state it replaces."""

    reason_code = "no_such_day"
    status = "held"


class KeyColumnChanged(RefusedFile):
    """The column that tells records apart holds cells of another kind than before: every record would seem new."""

    reason_code = "key_column_changed"
    status = "held"


class GateRefused(RefusedFile):
    """The gate's expectations refuse the batch as a whole."""

    reason_code = "gate_refused"
