"""What of the estimates is believed: attributes that enough pairs show, and weights without what cannot be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from stewardship.training_sessions import LEAST_PAIRS, NEVER
from warehouse.match_models import LevelWeight

_MADE_OF_NAMES = (("email", "mailbox"), ("email", "alike"), ("gender", "exact"))
"""Levels at which namesakes agree too: pairs of two persons with one name are too few to learn from how often."""

_CONTEXT = ("dealer",)
"""What is nothing of the person. Two books without duplicates have one person's records at two dealers alone, and then
it is another dealer that speaks for one person, and one dealer against it."""

_TWINS = 0.01
"""How many people have a twin in the same group, at most."""

_SLIPS_PER_TWIN = 8
"""So many times as often as twins are met, one person's first names have to differ to be slips and no contradiction."""

_NO_CONTRADICTION = -2.9
"""Bits of a difference of first names that the scoring does not take for a contradiction."""


def attributes_to_learn(
    shipped: Sequence[LevelWeight],
    random_counts: Mapping[tuple[str, str], int],
    counts: Mapping[tuple[str, str], int],
    told: list[str],
) -> list[str]:
    """Attributes that enough pairs have on both sides.

    What nobody has drops out; what few have keeps the shipped weights, for a tax number is no less one for being rare.
    """
    found = []
    for attribute in dict.fromkeys(weight.attribute for weight in shipped):
        levels = [weight.level for weight in shipped if weight.attribute == attribute]
        at_random = sum(random_counts.get((attribute, level), 0) for level in levels)
        alike = sum(counts.get((attribute, level), 0) for level in levels)
        if at_random == 0 and alike == 0:
            told.append(f"{attribute}: no two records have it; it weighs nothing")
        elif at_random < LEAST_PAIRS or alike < LEAST_PAIRS:
            told.append(f"{attribute}: too few records have it to learn from; it keeps the shipped weights")
        else:
            found.append(attribute)
    return found


def believed(
    kept: Sequence[LevelWeight],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    counts: Mapping[tuple[str, str], int],
    matches: float,
    seconds_per_record: float,
    told: list[str],
) -> Iterator[LevelWeight]:
    """The weights without what cannot be: what was never seen keeps its shipped bits, an absurd sign is nothing.

    Of the `matches` that there are half a pair may stand at a level of the context that was never seen. Where many more
    records have a second one with another first name than people have twins, other first names are no contradiction.
    """
    fewest_slips = _SLIPS_PER_TWIN * _TWINS / max(min(seconds_per_record, 1), NEVER)
    for attribute in dict.fromkeys(weight.attribute for weight in kept):
        levels = [weight for weight in kept if weight.attribute == attribute]
        pairs = sum(count for (of, level), count in counts.items() if of == attribute and level != "missing")
        for shipped in levels:
            key = shipped.key
            m_value, u_value = max(m_values[key], 0.5 / (pairs + 1)), u_values[key]
            bits = math.log2(m_value / u_value)
            if attribute in _CONTEXT:
                m_value = max(m_values[key], 0.5 / (matches + 1))
            elif key in _MADE_OF_NAMES or counts.get(key, 0) == 0 or m_values[key] <= NEVER:
                u_value = min(u_value, 2.0**-shipped.bits)
                m_value = u_value * 2**shipped.bits
                why = "namesakes agree in it" if key in _MADE_OF_NAMES else "hardly a pair of one person seen"
                told.append(f"{attribute} {shipped.level}: {why}; it keeps {shipped.bits:+.1f} bits")
            elif (shipped is levels[0] and bits < 0) or (shipped is levels[-1] and bits > 0):
                m_value = u_value
                told.append(f"{attribute} {shipped.level}: {bits:+.1f} bits cannot be; it weighs nothing")
            elif key == ("first_name", "different") and bits < _NO_CONTRADICTION and m_value > fewest_slips:
                m_value = u_value * 2**_NO_CONTRADICTION
                told.append(
                    f"{attribute} {shipped.level}: {bits:+.1f} bits, but no contradiction: more often than twins"
                )
            yield LevelWeight(*key, min(m_value, 1.0), min(u_value, 1.0), shipped.wording)
