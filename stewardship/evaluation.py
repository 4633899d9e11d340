"""How well the last build told who is who, measured against labels. Here because labels are people's judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from stewardship.labels import copy_labels
from warehouse.errors import Dealer360Error

THRESHOLDS = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


class NothingBuilt(Dealer360Error):
    """No build has made the identity tables yet."""


class BuildOutdated(Dealer360Error):
    """The last build was made by another version of the project."""


@dataclass(frozen=True)
class Quality:
    """Precision, recall and F1 of one measure, each between 0 and 1; None where there is nothing to divide by."""

    measure: str
    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return round(2 * self.precision * self.recall / both, 6) if both else 0.0


@dataclass(frozen=True)
class AtThreshold:
    """What accepting every pair from this probability on would give."""

    threshold: float
    qualities: tuple[Quality, ...]


@dataclass(frozen=True)
class Evaluation:
    """The last build against labels.

    `qualities` judge its clusters: by pairs of records, by whole clusters, by record (B-cubed, Bagga and Baldwin,
    1998). `at_thresholds` judge what scores alone would give: the pairs, and the clusters that they make without
    guards, cards and decisions, from the probability on from which pairs are kept (that of the review).
    `largest_clusters` are the numbers of labelled records in the biggest clusters; `unknown_records` are labelled, but
    no record of the build.
    """

    labelled_records: int
    unknown_records: int
    qualities: tuple[Quality, ...]
    at_thresholds: tuple[AtThreshold, ...]
    largest_clusters: tuple[int, ...]


def evaluate(connection: psycopg.Connection, labels: Path) -> Evaluation:
    """Judge the clusters of the last build, published or not, by a file of labels.

    Raises:
        LabelsUnreadable: the file holds no labels.
        NothingBuilt: there is no build to judge.
    """
    require_build(connection)
    if copy_labels(connection, labels) == "label_pairs":
        connection.execute(_LABELLED_PAIRS)
        connection.execute("analyze labelled_pairs")
        qualities: tuple[Quality, ...] = (_quality(connection, "pairs", _OF_LABELLED_PAIRS),)
        at_thresholds: tuple[AtThreshold, ...] = ()
    else:
        connection.execute(_LABELLED_RECORDS)
        connection.execute("analyze labelled_records")
        qualities = cluster_qualities(
            Counter({(label, cluster_id): count for label, cluster_id, count in connection.execute(_CELLS)})
        )
        at_thresholds = _at_thresholds(connection)
    labelled, unknown = _row(connection, "select count(*), count(*) - count(cluster_id) from labelled_records")
    largest = connection.execute(
        "select count(*) from labelled_records where cluster_id is not null group by cluster_id order by 1 desc limit 5"
    )
    return Evaluation(labelled, unknown, qualities, at_thresholds, tuple(row[0] for row in largest))


def require_build(connection: psycopg.Connection) -> None:
    """Fails with `NothingBuilt` unless a build has made the identity tables."""
    if connection.execute("select to_regclass('build.int_customer_ids_assigned')").fetchone() == (None,):
        raise NothingBuilt(
            "build.int_customer_ids_assigned",
            found="no such table",
            expected="the customers of a build",
            do="run `dealer360 build` first; nothing was changed",
        )


def build_outdated(error: psycopg.Error) -> BuildOutdated:
    """What to tell where a table, view or column that the models of this version make was not found."""
    return BuildOutdated(
        "schema build",
        found=str(error).splitlines()[0],
        expected="the tables that this version of the project makes",
        do="run `dealer360 build`, or let the one end that runs, then this command again; nothing was changed",
    )


def _at_thresholds(connection: psycopg.Connection) -> tuple[AtThreshold, ...]:
    connection.execute(_SCORED_SIGNATURES)
    connection.execute("analyze scored_signatures")
    records = connection.execute(
        "select labelled.label, records.record_id from labelled_records as labelled"
        " left join build.int_customer_records_unioned as records using (signature_id)"
    ).fetchall()
    clusters = ScoredClusters()
    found = []
    thresholds = [threshold for threshold in THRESHOLDS if threshold >= _least_probability(connection)]
    with connection.cursor(name="accepted_pairs") as pairs:
        pairs.execute(_ACCEPTED_PAIRS, {"threshold": min(thresholds, default=1)})
        pending = next(pairs, None)
        for threshold in sorted(thresholds, reverse=True):
            while pending and pending[2] >= threshold:
                clusters.join(pending[0], pending[1])
                pending = next(pairs, None)
            cells = Counter(
                (label, None if record_id is None else clusters.of(record_id)) for label, record_id in records
            )
            found.append((threshold, *cluster_qualities(cells)[1:]))
    return tuple(
        AtThreshold(threshold, (_quality(connection, "scored pairs", _OF_SCORES, {"threshold": threshold}), *others))
        for threshold, *others in reversed(found)
    )


def _least_probability(connection: psycopg.Connection) -> float:
    """Pairs below it are not written down by the build, so nothing can be said of lower thresholds."""
    row = connection.execute(
        "select min(value) from build.int_match_settings_chosen"
        " where setting in ('review_probability', 'keep_probability', 'accept_probability')"
    ).fetchone()
    return 0.0 if row is None or row[0] is None else float(row[0])


class ScoredClusters:
    """Connected records, as pairs are accepted one after the other (union and find, with paths halved)."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def of(self, record_id: int) -> int:
        """The record that stands for the cluster of this one."""
        above = self._above
        while (parent := above.get(record_id, record_id)) != record_id:
            above[record_id] = record_id = above.get(parent, parent)
        return record_id

    def join(self, left_id: int, right_id: int) -> None:
        """The clusters of the two are one."""
        left, right = self.of(left_id), self.of(right_id)
        self._above[max(left, right)] = min(left, right)


def cluster_qualities(cells: Mapping[tuple[str, Any], int]) -> tuple[Quality, Quality, Quality]:
    """By pairs of records, by whole clusters, by record (B-cubed), from how many records a label has in a cluster.

    A cluster is right when it holds all records of a label and no other labelled record. Records of cluster None are in
    no cluster: each stands alone, and none of them is a cluster found.
    """
    by_label: Counter[str] = Counter()
    by_cluster: Counter[Any] = Counter()
    for (label, cluster), count in cells.items():
        by_label[label] += count
        if cluster is not None:
            by_cluster[cluster] += count
    held = [
        (count, by_label[label], by_cluster[cluster])
        for (label, cluster), count in cells.items()
        if cluster is not None
    ]
    alone = [(count, by_label[label]) for (label, cluster), count in cells.items() if cluster is None]
    right_pairs = _pairs(count for count, _, _ in held)
    right_clusters = sum(count == of_label == of_cluster for count, of_label, of_cluster in held)
    records = sum(by_label.values())
    return (
        Quality(
            "pairs",
            _ratio(right_pairs, _pairs(by_cluster.values())),
            _ratio(right_pairs, _pairs(by_label.values())),
        ),
        Quality("clusters", _ratio(right_clusters, len(by_cluster)), _ratio(right_clusters, len(by_label))),
        Quality(
            "records",
            _ratio(
                sum(count * count / of_cluster for count, _, of_cluster in held) + sum(n for n, _ in alone), records
            ),
            _ratio(
                sum(count * count / of_label for count, of_label, _ in held)
                + sum(count / of_label for count, of_label in alone),
                records,
            ),
        ),
    )


def _pairs(counts: Iterable[int]) -> int:
    """Pairs of records within each count, n (n - 1) / 2."""
    return sum(count * (count - 1) // 2 for count in counts)


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole else None


def _quality(
    connection: psycopg.Connection, measure: str, query: str, parameters: dict[str, float] | None = None
) -> Quality:
    precision, recall = _row(connection, query, parameters)
    return Quality(
        measure,
        None if precision is None else round(float(precision), 6),
        None if recall is None else round(float(recall), 6),
    )


def _row(connection: psycopg.Connection, query: str, parameters: dict[str, float] | None = None) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return row


_LABELLED_RECORDS = """
    create temporary table labelled_records on commit drop as
    select
        labels.cluster as label,
        assigned.cluster_id,
        assigned.signature_id
    from label_clusters as labels
    left join build.int_customer_ids_assigned as assigned
        using (dealer_code, source_system, entity, source_record_id)
"""

_CELLS = "select label, cluster_id, count(*) from labelled_records group by label, cluster_id"

# A pair of which nothing but the name agrees counts from where a build accepts it.
_SCORED_SIGNATURES = """
    create temporary table labelled_signatures on commit drop as
    select distinct records.record_id, labelled.label
    from labelled_records as labelled
    inner join build.int_customer_records_unioned as records using (signature_id);
    create temporary table scored_signatures on commit drop as
    select
        pairs.match_probability,
        left_side.label = right_side.label as is_match
    from build.int_customer_pairs_scored as pairs
    inner join labelled_signatures as left_side on pairs.left_id = left_side.record_id
    inner join labelled_signatures as right_side on pairs.right_id = right_side.record_id
    where not pairs.is_name_alone or pairs.match_probability >= pairs.accepted_from
"""

_ACCEPTED_PAIRS = """
    select left_id, right_id, match_probability
    from build.int_customer_pairs_scored
    where
        (not is_name_alone or match_probability >= accepted_from)
        and match_probability >= %(threshold)s
    order by match_probability desc
"""

_OF_SCORES = """
    select
        1.0 * count(*) filter (where is_match) / nullif(count(*), 0),
        count(*) filter (where is_match) / nullif(
            (
                select sum(records * (records - 1) / 2)
                from (select count(*) as records from labelled_signatures group by label) as labels
            ), 0
        )
    from scored_signatures
    where match_probability >= %(threshold)s
"""

_LABELLED_PAIRS = """
    create temporary table labelled_pairs on commit drop as
    select
        labels.is_match,
        left_side.cluster_id as left_cluster_id,
        right_side.cluster_id as right_cluster_id
    from label_pairs as labels
    left join build.int_customer_ids_assigned as left_side
        on
            (labels.left_dealer_code, labels.left_source_system, labels.left_entity, labels.left_source_record_id)
            = (left_side.dealer_code, left_side.source_system, left_side.entity, left_side.source_record_id)
    left join build.int_customer_ids_assigned as right_side
        on
            (labels.right_dealer_code, labels.right_source_system, labels.right_entity, labels.right_source_record_id)
            = (right_side.dealer_code, right_side.source_system, right_side.entity, right_side.source_record_id);
    create temporary table labelled_records on commit drop as
    select distinct
        ends.dealer_code,
        ends.source_system,
        ends.entity,
        ends.source_record_id,
        assigned.cluster_id
    from (
        select
            left_dealer_code as dealer_code,
            left_source_system as source_system,
            left_entity as entity,
            left_source_record_id as source_record_id
        from label_pairs
        union
        select right_dealer_code, right_source_system, right_entity, right_source_record_id from label_pairs
    ) as ends
    left join build.int_customer_ids_assigned as assigned
        using (dealer_code, source_system, entity, source_record_id)
"""

_OF_LABELLED_PAIRS = """
    select
        1.0 * count(*) filter (where is_match and left_cluster_id = right_cluster_id)
        / nullif(count(*) filter (where left_cluster_id = right_cluster_id), 0),
        1.0 * count(*) filter (where is_match and left_cluster_id = right_cluster_id)
        / nullif(count(*) filter (where is_match), 0)
    from labelled_pairs
"""
