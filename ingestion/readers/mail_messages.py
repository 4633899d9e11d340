"""ADF in e-mail messages: attached, in the body as it is, or in the body as HTML that shows it (&lt;adf&gt;)."""

from __future__ import annotations

import codecs
import html
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

from ingestion.readers.eight_bit_letters import encoding_by_letters
from ingestion.readers.text_encoding import told_codec

MAX_PARTS = 200
ATTACHED = "an attachment"
CUT_MESSAGE = "a message that breaks off before its last part ends"
_ADF = re.compile(r"<\s*(?:[\w.-]+:)?(?:adf|prospect)\b|<\?adf\b", re.IGNORECASE)
_SHOWN_ADF = re.compile(r"&(?:amp;)*lt;\s*(?:\?|[\w.-]+:)?(?:adf|prospect)\b", re.IGNORECASE)
_HTML_TAG = re.compile(r"<[^<>]{0,2000}>")
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
_CHARSET_OF_PAGE = re.compile(rb"""<meta\b[^>]{0,300}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
HEAD_BYTES = 16 * 1024
MOST_UNESCAPES = 3


@dataclass(frozen=True)
class MailedAdf:
    """ADF that came in a message."""

    texts: tuple[str, ...]
    found_in: str  # attachment, text/plain, text/html …; without a text what there is instead
    sent_at: str | None  # the message's own date, ISO 8601


def adf_in(content: bytes) -> MailedAdf:
    """The ADF texts of a message: its attachments', else its first body's that has any; of none, what it holds instead.

    Raises:
        RecursionError: messages within messages, too deeply.
    """
    message = message_from_bytes(content)
    parts = [part for part in message.walk() if not part.is_multipart()][:MAX_PARTS]
    attached = [text for part in parts if _is_attached(part) for text in _adf_texts(part)]
    if attached:
        return MailedAdf(tuple(dict.fromkeys(attached)), ATTACHED, _sent_at(message))
    for part in parts:
        if texts := _adf_texts(part):
            return MailedAdf(tuple(texts), part.get_content_type(), _sent_at(message))
    is_cut = any(isinstance(defect, CloseBoundaryNotFoundDefect) for part in message.walk() for defect in part.defects)
    names = [Path(name).suffix or "a file" for part in parts if (name := part.get_filename())]
    held = f"attached: {', '.join(names)}" if names else "nothing attached"
    return MailedAdf((), CUT_MESSAGE if is_cut and names else held, _sent_at(message))


def _is_attached(part: Message) -> bool:
    kind = part.get_content_type()
    return part.get_filename() is not None or "xml" in kind or "adf" in kind


def text_of_part(part: Message) -> str:
    """What a part of a message says, in the letters that it, its page's head or its bytes name; empty where nothing."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return _decoded(payload, part.get_content_charset() or _charset_of_page(payload))


def _adf_texts(part: Message) -> list[str]:
    text = text_of_part(part)
    if _ADF.search(text):
        return [_unquoted(text)]
    for _ in range(MOST_UNESCAPES):
        if not _SHOWN_ADF.search(text):
            return []
        # What is a tag now belongs to the page that shows the lead: line breaks, spans.
        text = html.unescape(_HTML_TAG.sub(" ", text))
        if _ADF.search(text):
            return [_unquoted(text)]
    return []


def _charset_of_page(payload: bytes) -> str | None:
    """What the head of a page names, where its part of the message names none."""
    declared = _CHARSET_OF_PAGE.search(payload[:HEAD_BYTES])
    return declared[1].decode("ascii", "replace") if declared else None


def _decoded(payload: bytes, charset: str | None) -> str:
    if payload.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return payload.decode("utf-16", "replace")
    for codec in (told_codec(charset), "utf-8"):
        if codec:
            try:
                return payload.decode(codec)
            except UnicodeDecodeError:
                continue
    return payload.decode(encoding_by_letters(payload)[0], "replace")


def _unquoted(text: str) -> str:
    """Without the `>` that a forwarded message puts before each line."""
    lines = text.splitlines()
    quoted = sum(1 for line in lines if line.startswith(">"))
    return _QUOTED.sub("", text) if quoted > len(lines) / 2 else text


def _sent_at(message: Message) -> str | None:
    try:
        return parsedate_to_datetime(str(message["Date"])).isoformat(timespec="seconds")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
