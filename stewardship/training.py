"""Training of a match model on a group's own records, without labels: `dealer360 identity train`."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from stewardship.charts import Section, write_page
from stewardship.evaluation import build_outdated, require_build
from stewardship.model_sql import model_sql
from stewardship.training_changes import (
    Changes,
    changes_against_active,
    judged_by_new_version,
    set_new_settings,
)
from stewardship.training_estimates import Estimates, estimate
from stewardship.training_pairs import DrawnPairs, draw_pairs, level_patterns, write_levels
from stewardship.training_thresholds import thresholds_in_words, thresholds_learnt
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.match_models import (
    DEFAULT_VERSION,
    VERSION_NAME,
    ModelFiles,
    model_files,
    read_weights,
    write_model,
)
from warehouse.run_dbt import DBT_PROJECT
from warehouse.settings import Workspace

SHIPPED_WEIGHTS = DBT_PROJECT / "seeds" / "identity" / "match_weights.csv"
DEFAULT_SAMPLE_SIZE = 50_000
DEFAULT_SEED = 1
SMALL_GROUP = 50_000
"""How many records a group may have whose own names, prior and thresholds know what a name alone says."""
_LEAST_RECORDS = 100
_NAMES = ("last_name", "first_name", "middle_name")
_NOT_TRAINED = ("company",)
"""Companies are told apart by rules of their own; their weights stay the shipped ones."""

Progress = Callable[[str, int, int], None]
_STEPS = ("reading the models' SQL", "comparing pairs", "learning", "counting names", "comparing with the active model")


class NothingToLearnFrom(Dealer360Error):
    """The group has too few records to train a model on."""


class VersionExists(Dealer360Error):
    """A version never changes: a new training needs a new name."""


@dataclass(frozen=True)
class Training:
    """A new version of the match model, and how it differs from the active one.

    `thresholds` are those that it has learnt, by their names in the seed match_settings.
    """

    version: str
    files: ModelFiles
    page: Path
    drawn: DrawnPairs
    estimates: Estimates
    thresholds: dict[str, float]
    changes: Changes


def train(
    workspace: Workspace,
    *,
    version: str | None = None,
    sample_size: int = DEFAULT_SAMPLE_SIZE,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> Training:
    """Train a model on the records of the last build, and write it as a new version into the workspace.

    The same records, sample size and seed give the same model. Nothing else changes: group.yml names the version that
    builds use.

    Args:
        workspace: whose records.
        version: what to call it; None: today's date, with a number behind it when that is taken.
        sample_size: how many records to draw at most.
        seed: of the draw.
        progress: called with what is being done, how many steps are done, of how many.

    Raises:
        NothingBuilt: no build has standardised any record yet.
        BuildOutdated: another version of the project has made it.
        NothingToLearnFrom: there are too few.
        VersionExists: there is a version of that name, or it is no name.
    """

    def report(step: int) -> None:
        if progress:
            progress(_STEPS[step], step, len(_STEPS))

    version = version or _new_version(workspace)
    files = model_files(workspace, version)
    _require_new(files, version)
    shipped = [weight for weight in read_weights(SHIPPED_WEIGHTS) if weight.attribute not in _NOT_TRAINED]
    with connect(workspace) as connection, tempfile.TemporaryDirectory(prefix="dealer360-training-") as folder:
        require_build(connection)
        report(0)
        names_of_models = (
            "int_customer_blocks_gathered",
            "int_customer_pairs_blocked",
            "int_customer_pairs_compared",
            "int_customer_pairs_judged",
        )
        models = model_sql(workspace, *names_of_models)
        gathered, blocked, compared, judged = (models[name] for name in names_of_models)
        report(1)
        try:
            drawn = draw_pairs(connection, compared, judged, sample_size=sample_size, seed=seed)
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable) as error:
            raise build_outdated(error) from error
        _require_enough(drawn)
        attributes = list(dict.fromkeys(weight.attribute for weight in shipped))
        levels = Path(folder) / "levels.csv"
        write_levels(connection, "alike_pairs", attributes, levels)
        report(2)
        estimates = estimate(
            shipped, level_patterns(connection, "random_pairs", attributes), levels, drawn.possible_pairs
        )
        weights = [*estimates.weights, *(w for w in read_weights(SHIPPED_WEIGHTS) if w.attribute in _NOT_TRAINED)]
        report(3)
        names = [name for name in _NAMES if any(w.attribute == name and w.level == "exact" for w in weights)]
        own = estimates.prior * (drawn.records_of_group - 1)
        frequencies, least = _term_frequencies(connection, names, own, drawn.records_of_group)
        settings = settings_of_a_group(estimates.prior, drawn.records_of_group)
        settings |= {f"unknown_{name}_share": share for name, share in least.items()}
        settings |= {f"latin_{name}_share": 0.0 for name in _NAMES}
        report(4)
        newly_judged = judged_by_new_version(
            connection, gathered, blocked, compared, judged, weights, settings, frequencies
        )
        thresholds: dict[str, float] = {}
        if drawn.records_of_group <= SMALL_GROUP:
            thresholds = thresholds_learnt(connection, newly_judged)
            set_new_settings(connection, thresholds)
            settings |= thresholds
        changes = changes_against_active(connection, newly_judged, weights)
    page = files.weights.with_suffix(".html")
    write_model(files, weights, settings.items(), frequencies)
    training = Training(version, files, page, drawn, estimates, thresholds, changes)
    write_page(page, f"Match model {version}", _sections(training, sample_size, seed))
    return training


def _new_version(workspace: Workspace) -> str:
    today = datetime.now(UTC).date().isoformat()
    number, version = 1, today
    while model_files(workspace, version).weights.exists():
        number += 1
        version = f"{today}-{number}"
    return version


def _require_new(files: ModelFiles, version: str) -> None:
    is_name = VERSION_NAME.fullmatch(version) and version != DEFAULT_VERSION
    if is_name and not files.weights.exists():
        return
    raise VersionExists(
        str(files.weights),
        found="there is a version of that name" if is_name else f"the name {version!r}",
        expected="a new name of small Latin letters, digits, - and _",
        do="give another --version; nothing was changed",
    )


def _require_enough(drawn: DrawnPairs) -> None:
    if drawn.records >= _LEAST_RECORDS:
        return
    raise NothingToLearnFrom(
        "build.int_customer_records_standardized",
        found=f"{drawn.records} records of persons",
        expected=f"at least {_LEAST_RECORDS}, or a larger --sample-size",
        do="load and build more first, the shipped model serves until then; nothing was changed",
    )


def settings_of_a_group(prior: float, records_of_group: int) -> dict[str, float]:
    """The settings that a version trained on so many records brings, by their names in the seed match_settings.

    In a small group the version judges namesakes rightly, so more of them may be proposed. In a large one a rare name
    has bearers enough to make one person of two by mere chance, so there the shipped settings hold.
    """
    # The prior holds for a group of this size; the scoring knows what a larger one does to it.
    settings = {
        "prior_bits": round(math.log2(prior / (1 - prior)), 2),
        "prior_records": float(records_of_group),
        "smallest_group": float(records_of_group),
    }
    if records_of_group <= SMALL_GROUP:
        settings["weak_cap_records"] = float(SMALL_GROUP)
    return settings


def shares_of_names(
    counted: Sequence[tuple[str, int]], own: float, records_of_group: int
) -> tuple[list[tuple[str, float]], float]:
    """The share of others who bear a name, of each that two records bear; and that of a name that is not met.

    Of the records with a name one is the record itself, and as many as a record has on average (`own`) are the same
    person's: those are no others. Where nobody else is left, half a record is counted; a whole one in a large group.
    """
    total = sum(count for _, count in counted)
    fewest = 0.5 if records_of_group <= SMALL_GROUP else 1.0
    return [(term, max(count - 1 - own, fewest) / total) for term, count in counted if count > 1], fewest / total


def _term_frequencies(
    connection: psycopg.Connection, names: Sequence[str], own: float, records_of_group: int
) -> tuple[list[tuple[str, str, float]], dict[str, float]]:
    frequencies: list[tuple[str, str, float]] = []
    least: dict[str, float] = {}
    for name in names:
        counted = connection.execute(
            f"""
            select {name}_key, count(*)
            from build.int_customer_records_standardized
            where customer_type = 'person' and {name}_key is not null
            group by {name}_key
            order by count(*) desc, {name}_key
            """  # noqa: S608 - of _NAMES
        ).fetchall()
        shares, least[name] = shares_of_names(counted, own, records_of_group)
        frequencies += [(name, term, share) for term, share in shares]
        if name == "first_name":
            met = {term for term, _ in shares}
            listed = connection.execute(_LISTED_FIRST_NAMES).fetchall()
            frequencies += [(name, term, least[name]) for (term,) in listed if term not in met]
    return frequencies, least


# A name in the shipped table is one, though no two records bear it: nobody's slip of a twin's.
_LISTED_FIRST_NAMES = """
    select name_key
    from build.int_first_names_keyed
    where people_count is not null
    order by name_key
"""


def _sections(training: Training, sample_size: int, seed: int) -> list[Section]:
    """What the page shows: how it was trained, what was not believed, what changes, and Splink's charts."""
    drawn, estimates, changes = training.drawn, training.estimates, training.changes
    facts = (
        f"Trained on {drawn.records:,} of {drawn.records_of_group:,} records of persons (sample size {sample_size:,}, "
        f"seed {seed}); u from {drawn.random_pairs:,} random pairs, m by expectation maximisation over "
        f"{drawn.alike_pairs:,} pairs that share something, in {len(estimates.sessions)} sessions: "
        f"{', '.join(estimates.sessions)}.",
        f"Two records drawn at random are one person's with probability {estimates.prior:.3g}: "
        f"{math.log2(estimates.prior / (1 - estimates.prior)):+.2f} bits.",
        thresholds_in_words(training.thresholds),
        changes.sentence(),
    )
    levels = [
        (change.attribute, change.level, bits_as_text(change.before), bits_as_text(change.after))
        for change in changes.levels
    ]
    return [
        Section("What it is", facts),
        Section("What could not be learnt", estimates.told or ("Everything was learnt.",)),
        Section(
            f"Bits before (version {changes.version_before}) and after",
            table=(("attribute", "level", "before", "after"), levels),
        ),
        *(Section(title, chart=chart) for title, chart in estimates.charts.items()),
    ]


def bits_as_text(bits: float | None) -> str:
    """A weight as people read it: +11.2; a dash for one that is not there."""
    return "–" if bits is None else f"{bits:+.2f}"
