"""Which encoding of one byte a letter a text has: the one in which its bytes are letters of one language."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from itertools import pairwise

from charset_normalizer import from_bytes

_CYRILLIC = ("cp1251", "cp866", "koi8-r", "mac-cyrillic", "iso8859-5", "ptcp154")
_COMMON = ("cp1251", "cp866", "koi8-r")
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў"
_KAZAKH = "әғқңөұүһ"
_WESTERN = {
    "German": "äöüßé",
    "French": "àâæçéèêëîïôùûüÿœ",
    "Spanish": "áéíóúüñ",
    "Italian": "àèéìòù",
    "Portuguese": "áâãàçéêíóôõú",
    "Scandinavian": "åäöæøé",
}
_CENTRAL = {
    "Polish": "ąćęłńóśźż",
    "Czech or Slovak": "áčďéěíňóřšťúůýžäĺľŕô",
    "Hungarian": "áéíóöőúüű",
}
_LETTERS = {
    "cp1252": _WESTERN,
    "cp1254": {"Turkish": "çğıöşüâîûi\N{COMBINING DOT ABOVE}"},
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
    "mac-roman": _WESTERN,
}
"""Beside ASCII's; of equals the first counts. Turkish in Latin 5 is that of cp1254."""
FEWEST_BETTER = 6
"""By so much, three letters, another Cyrillic encoding must be better than what the frequency of letters shows."""
EIGHT_BIT = (*_CYRILLIC, *_LETTERS)
_ANYWHERE = "’´№€°©®"
_BESIDE_WORDS = "‘“”„‚«»–—…§•·\u00a0"
_BETWEEN_LETTERS = re.compile(f"(?<=[^\\W\\d_])[{_BESIDE_WORDS}](?=[^\\W\\d_])")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_BESIDE_DIGITS = re.compile(rb"(?<=[0-9])[\x80-\xff]|[\x80-\xff](?=[0-9])")
"""A blank within an amount, a sign of money: taken for letters they would outweigh those of the names."""
_HARD_BLANK = b"\xa0"
"""Of Windows, where programmes write it; in DOS a letter of many, beside others that tell as much."""
_MARKS = b"\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa7\xa9\xab\xae\xb0\xbb"
"""Of all encodings of Windows: quotes, dashes, blanks and such; letters in those of DOS and old Macs."""


def encoding_by_letters(text: bytes, among: tuple[str, ...] = EIGHT_BIT) -> tuple[str, str]:
    """The encoding, one of `among`, and by what it was found.

    Words of Cyrillic letters hold no others, and words of other languages hold some of ASCII's: that tells the two
    apart, whatever the bytes are. The Cyrillic ones are told by the frequency of letters, the others by what is a
    letter of the language.

    Args:
        text: lines that hold bytes beyond ASCII.
        among: the encodings that may be meant.
    """
    words = _words(text)
    latin = [codec for codec in _LETTERS if codec in among]
    if latin and (_mix_with_ascii(words) or not any(codec in among for codec in _CYRILLIC)):
        said = b" ".join(_words(text.replace(_HARD_BLANK, b" ")) or words)
        made = {
            (codec, language): _letters(said, codec, letters)
            for codec in latin
            for language, letters in _LETTERS[codec].items()
        }
        codec, language = max(made, key=lambda key: made[key])
        return codec, f"its letters, which are {language}"
    cyrillic = [codec for codec in _CYRILLIC if codec in among]
    common = [codec for codec in cyrillic if codec in _COMMON] or cyrillic
    said = b" ".join(word for word in words if not _ASCII_LETTER.search(word)) or text
    guess = from_bytes(said, cp_isolation=[codecs.lookup(codec).name for codec in common]).best()
    likeliest = codecs.lookup(guess.encoding).name if guess else cyrillic[0]
    # Where it makes no words of Russian, an old Mac's or Kazakh ones may do.
    russian = {codec: _letters(said, codec, _alphabet(codec)) for codec in (likeliest, *cyrillic)}
    best = max(russian, key=lambda codec: russian[codec])
    is_better = russian[best] >= russian[likeliest] + FEWEST_BETTER
    return best if is_better else likeliest, "the frequency of letters"


def _words(text: bytes) -> list[bytes]:
    """Of more than a letter, at least one of them beyond ASCII."""
    return [word for word in _WORD.findall(_BESIDE_DIGITS.sub(b" ", text)) if len(word) > 1]


def _mix_with_ascii(words: Sequence[bytes]) -> bool:
    """Whether words with letters beyond ASCII hold some of ASCII's too, as often as not.

    A brand between quotes is such a word of any language: it counts where there is no word that says otherwise.
    """
    bare = [word for word in (each.translate(None, _MARKS) for each in words) if len(word) > 1 and not word.isascii()]
    mixed = sum(1 for word in bare if _ASCII_LETTER.search(word))
    return 2 * mixed >= len(bare) if bare else any(map(_ASCII_LETTER.search, words))


def _alphabet(codec: str) -> str:
    return _RUSSIAN + _KAZAKH if codec == "ptcp154" else _RUSSIAN


def _letters(text: bytes, codec: str, letters: str) -> int:
    """How many more of these letters than of other signs beyond ASCII there are.

    Marks that stand beside words of any language do not count. Within words they do: where they stand, another encoding
    has letters. So do capitals behind small letters.
    """
    decoded = text.decode(codec, errors="replace")
    within = len(_BETWEEN_LETTERS.findall(decoded))
    beyond = [c for c in decoded if not c.isascii() and c not in _ANYWHERE and c not in _BESIDE_WORDS]
    known = sum(1 for c in beyond if c.lower() in letters)
    odd = sum(1 for before, c in pairwise(decoded) if c.isupper() and not c.isascii() and before.islower())
    return 2 * known - len(beyond) - within - odd
