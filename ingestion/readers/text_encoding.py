"""The encoding of a text file, found by what stands in it: one look at every byte, before anything is read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import EmptyFile, EncodingContradicted, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.eight_bit_letters import EIGHT_BIT, encoding_by_letters
from ingestion.readers.reading import MAX_ROW_CHARACTERS, Reading

SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024

TELLING_BYTES = 8 * 1024
"""Of lines with letters, by which encodings that write the column names alike are told apart."""
ZERO_BYTE_SHARE = 0.05
"""Above it the zeros are halves of letters, below it they are dirt."""
SPOILT_SHARE = 0.02
"""Of the letters beyond ASCII: fewer that are no UTF-8 are spoilt ones, in a file that is UTF-8 all the same."""
MIXED_SHARE = 0.6
"""More than that, and the file is no UTF-8 at all; between the two it is of two encodings."""
CONTROL_SHARE = 0.05
"""Of bytes that no text holds: more of them, and the file is none."""
_CONTROLS = bytes((*range(1, 9), 11, 12, *range(14, 26), *range(27, 32), 127))
TAIL_ZEROS = 16
"""So many zero bytes at the end are room that was reserved and never written."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODECS_OF_LETTERS = (
    "utf-8",
    "utf-16",
    "utf-32",
    "cp",
    "iso8859",
    "koi8",
    "mac",
    "ascii",
    "latin",
    "gb",
    "big5",
    "euc",
)
# Each beside a byte of it that most files do not hold, which is looked for much faster.
_MARKS_OF_EXCEL = {b"+": (b"E+", b"e+"), b"\0": (b"E\0+", b"e\0+", b'=\0"'), b'"': (b'="',)}
_LEADING_APOSTROPHE = re.compile(
    rb"""'(?:(?<=[;,\t|^~\n]')|(?<=[;,\t|^~\n]"')|(?<=[;,\t|^~\n]\0')|(?<=[;,\t|^~\n]\0"\0'))"""
)


@dataclass(frozen=True)
class TextEncoding:
    """How the bytes of a file become letters, and what one look at all of them showed."""

    codec: str
    errors: str  # strict, or replace where a few letters are spoilt
    sample: bytes
    has_marks_of_excel: (
        bool  # `E+`, `="` or a cell's `'` somewhere: perhaps a number that it cut, or text marked for it
    )


def chunks(file: Path, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a file from `offset` on, a mebibyte at a time."""
    with file.open("rb") as stream:
        stream.seek(offset)
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def told_codec(name: str | None) -> str | None:
    """The codec that a file names for itself, where it is one of letters; None for any other (punycode, zip …)."""
    try:
        codec = codecs.lookup(name or "").name
    except (LookupError, ValueError):
        return None
    return codec if codec.startswith(_CODECS_OF_LETTERS) else None


def encoding_of_utf8_or_other(file: Path, expected_names: frozenset[str], reading: Reading) -> str:
    """The codec of a text that ought to be UTF-8: it, or what the column names and the frequency of letters show.

    For formats whose standard says UTF-8 (JSON, XML), which programmes of one country write in its own letters all the
    same. What is nearly UTF-8 is taken for it: whoever reads on names the letter that is none.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks(file):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        with file.open("rb") as stream:
            look = _Look(stream.read(SAMPLE_BYTES))
        _count_spoilt(file, look)
        if look.spoilt >= MIXED_SHARE * look.letters:
            codec, why = _eight_bit(look, expected_names)
            reading.facts |= {"encoding": codec, "encoding_by": why}
            return codec
    return "utf-8"


def is_utf8_beyond_ascii(file: Path) -> bool:
    """Whether the file is UTF-8 throughout and holds letters that show it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = True
    try:
        for chunk in chunks(file):
            decoder.decode(chunk)
            is_ascii = is_ascii and chunk.isascii()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return not is_ascii


def find_encoding(file: Path, given: str | None, expected_names: frozenset[str], reading: Reading) -> TextEncoding:
    """The encoding of a text file: the YAML's, when nothing in the file speaks against it, else what is found.

    Raises:
        EmptyFile: nothing but blanks.
        EncodingContradicted: the YAML names an encoding, and the bytes are of another.
        TooLarge: a line that is longer than any row.
        TruncatedFile: the end was never written.
        UnreadableFile: two encodings in one file.
    """
    look = _look(file)
    if not look.sample.removeprefix(codecs.BOM_UTF8).strip(b" \t\r\n\0"):
        raise EmptyFile(
            file.name,
            found="an empty file" if not look.sample else "a file of nothing but blanks",
            expected="a header and rows",
            do="Ask the dealer to resend.",
        )
    _refuse_unwritten_end(file)
    codec, why, errors = _detected(file, look, expected_names)
    if not codec.startswith(("utf-16", "utf-32")):
        _refuse_no_text(file, look.sample)
    if given is None:
        reading.facts |= {"encoding": codec.removesuffix("-sig"), "encoding_by": why}
    else:
        codec = _agreed(file, given, codec, why)
        reading.facts |= {"encoding": given, "encoding_by": "the YAML"}
    if errors == "replace" and codec.startswith("utf-8"):
        line = line_of_spoilt(file, "utf-8")
        reading.repairs[f"bytes that are not UTF-8, read as \N{REPLACEMENT CHARACTER}, from line {line} on"] = (
            look.spoilt
        )
    else:
        errors = "strict"
    return TextEncoding(codec, errors, look.sample, look.has_marks_of_excel)


def decoded_sample(encoding: TextEncoding) -> str:
    """The first letters of the file."""
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors="replace")
    return decoder.decode(encoding.sample)


def letters_refused(file: Path, encoding: str, error: UnicodeDecodeError) -> UnreadableFile | TruncatedFile:
    """What to raise when bytes are no letters in `encoding`: cut at the end, or wrong in the middle."""
    if error.reason in ("unexpected end of data", "truncated data"):
        return TruncatedFile(
            file.name,
            found="an end in the middle of a letter",
            expected="a whole file",
            do="Ask the dealer to resend.",
        )
    return UnreadableFile(
        f"{file.name}, line {line_of_spoilt(file, encoding)}",
        found=f"a byte that is not {encoding.removesuffix('-sig')} (0x{error.object[error.start]:02x})",
        expected=f"{encoding.removesuffix('-sig')} throughout",
        do="Ask the dealer to resend, or name the right `encoding` in the YAML.",
    )


def line_of_spoilt(file: Path, encoding: str) -> int:
    """Number of the first line that holds bytes which are no letters in the encoding; 0 when there is none."""
    codec = encoding.removesuffix("-sig")
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(codec)
            except UnicodeDecodeError:
                return number
    return 0


# --- one look at every byte


@dataclass
class _Look:
    sample: bytes = b""
    is_ascii: bool = True
    is_utf8: bool = True
    spoilt: int = 0  # sequences that are no UTF-8
    letters: int = 0  # beyond ASCII, where there are spoilt ones
    telling: bytes = b""  # the first lines that hold any of them
    has_marks_of_excel: bool = False


def _look(file: Path) -> _Look:
    look = _Look()
    decoder = codecs.getincrementaldecoder("utf-8")()
    unbroken = 0
    last = b""
    for chunk in chunks(file):
        look.sample = look.sample or chunk[:SAMPLE_BYTES]
        look.is_ascii = look.is_ascii and chunk.isascii()
        if look.is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                look.is_utf8 = False
        if not look.has_marks_of_excel:
            seen = last + chunk  # a mark may stand across two chunks
            look.has_marks_of_excel = _has_marks_of_excel(seen)
        breaks = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        unbroken = unbroken + len(chunk) if breaks < 0 else len(chunk) - breaks
        if unbroken > MAX_ROW_CHARACTERS:
            raise TooLarge(
                file.name,
                found=f"a line of more than {MAX_ROW_CHARACTERS:,} bytes",
                expected="rows, each on a line of its own",
                do="Look what the file is: it has no ends of lines, or is no text. Ask the dealer to resend.",
            )
        last = chunk[-4:]
    if not look.is_utf8:
        _count_spoilt(file, look)
    return look


def _has_marks_of_excel(text: bytes) -> bool:
    has_mark = any(byte in text and any(mark in text for mark in marks) for byte, marks in _MARKS_OF_EXCEL.items())
    return has_mark or (b"'" in text and _LEADING_APOSTROPHE.search(text) is not None)


def _count_spoilt(file: Path, look: _Look) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for chunk in chunks(file):
        text = decoder.decode(chunk)
        look.spoilt += text.count("\N{REPLACEMENT CHARACTER}")
        look.letters += len(text) - len(text.encode("ascii", "ignore"))
        if len(look.telling) < SAMPLE_BYTES:
            look.telling += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())[:SAMPLE_BYTES]


def _refuse_unwritten_end(file: Path) -> None:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - TAIL_ZEROS))
        tail = stream.read()
    if len(tail) == TAIL_ZEROS and not tail.strip(b"\0"):
        raise TruncatedFile(
            file.name,
            found="an end of nothing but zero bytes: room that was reserved and never written",
            expected="a whole file",
            do="The transfer broke off: ask the dealer to resend.",
        )


def _refuse_no_text(file: Path, sample: bytes) -> None:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > CONTROL_SHARE * len(sample):
        raise UnreadableFile(
            file.name,
            found="no text: bytes that stand for no letters",
            expected="a text file of rows",
            do="Look what the file is: a database, a picture, an archive of another make? Ask the dealer to resend.",
        )


# --- which it is


def _detected(file: Path, look: _Look, expected_names: frozenset[str]) -> tuple[str, str, str]:
    for mark, encoding in _BOMS:
        if look.sample.startswith(mark):
            return encoding, "byte order mark", "strict" if look.is_utf8 else "replace"
    if look.sample.count(0) > ZERO_BYTE_SHARE * len(look.sample):
        # Two bytes a letter: digits, separators and line ends have their zero behind (le) or before them (be).
        is_little = look.sample[1::2].count(0) > look.sample[::2].count(0)
        return ("utf-16-le" if is_little else "utf-16-be"), "zero bytes", "strict"
    if look.is_utf8:
        return "utf-8", "nothing but ASCII" if look.is_ascii else "utf-8 throughout", "strict"
    share = look.spoilt / max(1, look.letters)
    if share <= SPOILT_SHARE or (look.spoilt == 1 and look.letters > 1):
        return "utf-8", "utf-8 nearly throughout", "replace"
    if share < MIXED_SHARE:
        raise UnreadableFile(
            file.name,
            found=f"two encodings: {look.letters - look.spoilt:,} letters of UTF-8, {look.spoilt:,} of another from "
            f"line {line_of_spoilt(file, 'utf-8')} on",
            expected="one encoding throughout",
            do="Two exports were put into one file, or parts of it were pasted: ask the dealer to resend.",
        )
    return *_eight_bit(look, expected_names), "strict"


def _eight_bit(look: _Look, expected_names: frozenset[str]) -> tuple[str, str]:
    named = {codec: _known_names_in(look.sample, codec, expected_names) for codec in EIGHT_BIT}
    most = max(named.values())
    if most == _known_names_in(look.sample, "ascii", expected_names):
        return encoding_by_letters(look.telling)
    best = tuple(codec for codec in EIGHT_BIT if named[codec] == most)
    codec = best[0] if len(best) == 1 else encoding_by_letters(look.telling[:TELLING_BYTES], best)[0]
    return codec, "the column names"


def _known_names_in(sample: bytes, encoding: str, expected_names: frozenset[str]) -> int:
    text = " ".join(sample.decode(encoding, errors="replace").split()).casefold()
    return sum(1 for name in expected_names if name in text)


def _agreed(file: Path, given: str, found: str, why: str) -> str:
    """The codec to use where the YAML names an encoding."""
    wanted = codecs.lookup(given).name
    same_family = found.startswith(wanted.removesuffix("-sig")) or (wanted.startswith("utf-16") and found == "utf-16")
    is_proven = why in ("byte order mark", "zero bytes", "utf-8 throughout", "utf-8 nearly throughout")
    told = found.removesuffix("-sig")
    if is_proven and not same_family:
        raise EncodingContradicted(
            file.name,
            found=f"{told} ({why})",
            expected=f"`encoding: {given}` of the YAML",
            do=f"If the dealer changed the export, set `encoding: {told}` or remove the line.",
        )
    if wanted == "utf-8" and not is_proven and why != "nothing but ASCII":
        raise EncodingContradicted(
            file.name,
            found=f"bytes that are not UTF-8 (perhaps {told})",
            expected=f"`encoding: {given}` of the YAML",
            do=f"If the dealer changed the export, set `encoding: {told}` or remove the line.",
        )
    return found if same_family and is_proven else wanted
