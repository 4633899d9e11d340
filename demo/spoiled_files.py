"""Files that must not be loaded, and files that come late, twice or corrected: mishaps of the nights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from demo.centres import Centre
from demo.nights import Delivery
from demo.rows import Row
from demo.writers import write_rows

UNCHANGED = "the content of the feed's newest delivery"


@dataclass(frozen=True)
class Refusal:
    """A file that a night must not load: refused or held as a whole, or skipped because it brings nothing new."""

    night: int
    file: str
    status: str  # refused, held, skipped
    reason: str  # reason code of the batch; of a skipped file why it is skipped


class Mishaps:
    """Changes the planned deliveries one mishap after another and keeps the truth about what must be refused."""

    def __init__(self, centres: dict[str, Centre], deliveries: Sequence[Delivery]) -> None:
        self._centres = centres
        self._deliveries = {(delivery.night, delivery.file): delivery for delivery in deliveries}
        self.refusals: list[Refusal] = []

    def happen(self) -> list[Delivery]:
        """All mishaps of the nights; the deliveries as they really arrive, in the order of nights and files."""
        self._file_of_another_dealer(1, "d04/calls_2026-03-02.jsonl")
        self._wrong_total(2, "d01/sales_20260303.csv")
        self._half_the_rows(2, "d03/klienty_03032026.xlsx")
        self._missing_column(3, "d05/sales_20260304.xlsx", "sold_at", "contracted_at", "source_id")
        self._corrected(3, "d06/service_20260303.csv")
        self._sent_twice(3, "d02/sales_20260303.csv")
        self._same_content(3, "d02/vehicles_20260304.csv", "d02/vehicles_20260303.csv")
        self._late(2, 4, "d04/deals_2026-03-03.jsonl")
        self._no_rows(4, "d02/customers_20260305.csv")
        self._cut(4, "d01/sales_20260305.csv", "truncated_file")
        self._cut(4, "d03/servis_05032026.xlsx", "truncated_file")
        self._cut(4, "d04/ro_2026-03-05.jsonl", "truncated_file")
        self._notice_unchanged()
        return sorted(self._deliveries.values(), key=lambda delivery: (delivery.night, delivery.file))

    def _notice_unchanged(self) -> None:
        """Full files of quiet days equal the feed's newest delivery: they bring nothing."""
        newest: dict[str, bytes] = {}
        for (night, file), delivery in sorted(self._deliveries.items()):
            feed_id = f"{delivery.feed.dealer_code}/{delivery.feed.path}"
            if delivery.is_loaded and delivery.feed.delivery == "full":
                if newest.get(feed_id) == delivery.content:
                    self._refuse(night, file, "skipped", UNCHANGED)
                newest[feed_id] = delivery.content

    def _refuse(self, night: int, file: str, status: str, reason: str) -> None:
        self.refusals.append(Refusal(night, file, status, reason))
        delivery = self._deliveries[night, file]
        self._deliveries[night, file] = replace(delivery, is_loaded=False)

    def _rewrite(self, night: int, file: str, change: Callable[[bytes], bytes]) -> None:
        delivery = self._deliveries[night, file]
        self._deliveries[night, file] = replace(delivery, content=change(delivery.content))

    def _rows_replaced(self, night: int, file: str, rows: Iterable[Row]) -> None:
        delivery, kept = self._deliveries[night, file], tuple(rows)
        content = write_rows(delivery.feed, self._centres[delivery.feed.dealer_code], kept)
        self._deliveries[night, file] = replace(delivery, rows=kept, content=content)

    def _file_of_another_dealer(self, night: int, file: str) -> None:
        """The exchange of another salon wrote into the folder; the right file comes a night later."""
        sound = self._deliveries[night, file]
        self._deliveries[night + 1, file] = replace(sound, night=night + 1)
        self._rewrite(night, file, lambda content: content.replace(b'"salon": "d04"', b'"salon": "d02"'))
        self._refuse(night, file, "refused", "file_of_another_dealer")

    def _wrong_total(self, night: int, file: str) -> None:
        """A row is lost between the table and its total."""
        delivery = self._deliveries[night, file]
        encoding = delivery.feed.file_format["encoding"]
        lines = delivery.content.decode(encoding).splitlines(keepends=True)
        self._rewrite(night, file, lambda _: "".join([*lines[:-2], lines[-1]]).encode(encoding))
        self._refuse(night, file, "refused", "control_total_differs")

    def _half_the_rows(self, night: int, file: str) -> None:
        """The export broke off in the middle; the next night's is whole again."""
        rows = self._deliveries[night, file].rows
        self._rows_replaced(night, file, rows[: len(rows) * 2 // 5])
        self._refuse(night, file, "held", "far_fewer_rows")

    def _missing_column(self, night: int, file: str, *columns: str) -> None:
        """The centre renamed columns; a night later the file comes again, as it was agreed."""
        sound = self._deliveries[night, file]
        self._deliveries[night + 1, file] = replace(sound, night=night + 1)
        agreed = sound.feed.columns
        renamed = {ours: f"{name} (new)" if ours in columns else name for ours, name in agreed.items()}
        feed = replace(sound.feed, columns=renamed)
        content = write_rows(feed, self._centres[feed.dealer_code], sound.rows)
        self._rewrite(night, file, lambda _: content)
        self._refuse(night, file, "refused", "missing_columns")

    def _corrected(self, night: int, file: str) -> None:
        """The file of the night before comes again under its name, with the amounts corrected."""
        first = self._deliveries[night - 1, file]
        rows = tuple(replace(row, values=row.values | {"parts_amount": _raised(row)}) for row in first.rows)
        self._deliveries[night, file] = replace(first, night=night, rows=rows)
        self._rows_replaced(night, file, rows)

    def _sent_twice(self, night: int, file: str) -> None:
        """The same file, of the night before, under the same name."""
        self._deliveries[night, file] = replace(self._deliveries[night - 1, file], night=night)
        self._refuse(night, file, "skipped", "the same content under the same path")

    def _same_content(self, night: int, file: str, earlier: str) -> None:
        """Yesterday's file with today's date in its name: nothing has changed in it."""
        before = self._deliveries[night - 1, earlier]
        self._deliveries[night, file] = replace(before, night=night, file=file)
        self._refuse(night, file, "skipped", UNCHANGED)

    def _late(self, night: int, arrives: int, file: str) -> None:
        """A file arrives after the files of later days: what they say stands."""
        self._deliveries[arrives, file] = replace(self._deliveries.pop((night, file)), night=arrives)

    def _no_rows(self, night: int, file: str) -> None:
        """A full delivery with nothing below its header."""
        self._rows_replaced(night, file, ())
        self._refuse(night, file, "refused", "no_rows")

    def _cut(self, night: int, file: str, reason: str) -> None:
        """The transfer broke off."""
        self._rewrite(night, file, _cut_short)
        self._refuse(night, file, "refused", reason)


def _cut_short(content: bytes) -> bytes:
    """Four fifths of a file, up to a sign within a line and never within a letter."""
    kept = content[: len(content) * 4 // 5]
    while kept[-1] >= 0x80 or kept.endswith((b"\r", b"\n")):
        kept = kept[:-1]
    return kept


def _raised(row: Row) -> int:
    amount = row.values["parts_amount"]
    return (amount if isinstance(amount, int) else 0) + 1500
