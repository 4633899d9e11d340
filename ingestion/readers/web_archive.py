"""The pages of a web archive (.mht, .mhtml), as Excel saves a "single file web page" and report servers write."""

from __future__ import annotations

from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect
from pathlib import Path

from ingestion.errors import TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.mail_messages import text_of_part

MAX_BYTES = 128 * 1024**2
MOST_BOUNDARIES = 10_000
"""Lines that begin as those between parts do; comments of its pages end so too."""
_TABS_OF_EXCEL = "tabstrip.htm"
"""Names the sheets in a table of its own, and holds no data."""


def pages_of_web_archive(file: Path) -> tuple[str, ...]:
    """Its pages that hold a table, in their order.

    Raises:
        TooLarge: more bytes or parts than any such archive; it is held at once.
        TruncatedFile: it ends before its last part does.
        UnreadableFile: none of its parts is a page with a table.
    """
    if (size := file.stat().st_size) > MAX_BYTES:
        raise TooLarge(
            file.name,
            found=f"a web archive of {size:,} bytes",
            expected=f"at most {MAX_BYTES:,}",
            do="Have a table of this size sent as .xlsx or CSV.",
        )
    content = file.read_bytes()
    if content.count(b"\n--") + content.count(b"\r--") > MOST_BOUNDARIES:
        raise TooLarge(
            file.name,
            found=f"a web archive of more than {MOST_BOUNDARIES:,} parts",
            expected="a page for each sheet, and what belongs to it",
            do="Look what the file is; have the table sent as .xlsx or CSV.",
        )
    message = message_from_bytes(content)
    parts = list(message.walk())
    if any(isinstance(defect, CloseBoundaryNotFoundDefect) for part in parts for defect in part.defects):
        raise TruncatedFile(
            file.name,
            found="a web archive that ends before its last part does",
            expected="a whole archive",
            do="Ask the dealer to resend.",
        )
    pages = [
        text_of_part(part)
        for part in parts
        if part.get_content_type() == "text/html" and not str(part["Content-Location"]).endswith(_TABS_OF_EXCEL)
    ]
    with_tables = tuple(page for page in pages if "<table" in page.lower())
    if not with_tables:
        raise UnreadableFile(
            file.name,
            found=f"a web archive of {len(pages):,} page(s), none with a table",
            expected="a workbook, or a page with a table",
            do="Ask the dealer to open it, save it as .xlsx or CSV, and resend.",
        )
    return with_tables
