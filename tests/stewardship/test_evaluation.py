from __future__ import annotations

from pathlib import Path

import pytest

from stewardship.evaluation import Evaluation, NothingBuilt, Quality, evaluate
from stewardship.labels import LabelsUnreadable
from warehouse.database import connect
from warehouse.settings import Workspace

KEY = "dealer_code,source_system,entity,source_record_id"


def _build(workspace: Workspace) -> None:
    """Records 1 2 3 in one cluster, 4 5 in another; the pair 1 2 scored."""
    with connect(workspace) as connection:
        connection.execute(
            """
            create table build.int_customer_ids_assigned as
            select 'd01' as dealer_code, 'dms' as source_system, 'customers' as entity, id as source_record_id,
                'd01/dms/customers/' || id as record_key, 's' || id as signature_id, cluster_id
            from (values ('1', 'a'), ('2', 'a'), ('3', 'a'), ('4', 'b'), ('5', 'b')) as records (id, cluster_id);
            create table build.int_customer_records_unioned as
            select source_record_id::bigint as record_id, signature_id from build.int_customer_ids_assigned;
            create table build.int_customer_pairs_scored as
            select 1::bigint as left_id, 2::bigint as right_id, 0.96 as match_probability,
                false as is_name_alone, 0.95 as accepted_from;
            create table build.int_match_settings_chosen as
            select 'review_probability' as setting, 0.5::double precision as value
            """
        )


def _evaluate(workspace: Workspace, tmp_path: Path, text: str) -> Evaluation:
    labels = tmp_path / "labels.csv"
    labels.write_text(text, encoding="utf-8")
    with connect(workspace) as connection:
        return evaluate(connection, labels)


def test_clusters_are_judged_by_pairs_by_whole_clusters_and_by_record(workspace: Workspace, tmp_path: Path) -> None:
    _build(workspace)
    truth = "".join(f"d01,dms,customers,{record},{who}\n" for record, who in zip("123456", "xxyzzz", strict=True))
    evaluation = _evaluate(workspace, tmp_path, f"{KEY},cluster\n{truth}")
    pairs, clusters, records = evaluation.qualities
    assert (pairs.precision, pairs.recall) == (0.5, 0.5)  # 1 2 and 4 5 of four found; 1 2, 4 5, 4 6, 5 6 to be found
    assert pairs.f1 == 0.5
    assert (clusters.precision, clusters.recall) == (0.0, 0.0)
    assert records.precision == pytest.approx((2 * 2 / 3 + 1 / 3 + 2 + 1) / 6, abs=1e-6)
    assert records.recall == pytest.approx((2 + 1 + 2 * 2 / 3 + 1 / 3) / 6, abs=1e-6)
    assert (evaluation.labelled_records, evaluation.unknown_records) == (6, 1)
    assert evaluation.largest_clusters == (3, 2)


def test_scores_are_judged_at_every_threshold(workspace: Workspace, tmp_path: Path) -> None:
    _build(workspace)
    truth = "".join(f"d01,dms,customers,{record},{who}\n" for record, who in zip("12345", "xxyzz", strict=True))
    evaluation = _evaluate(workspace, tmp_path, f"{KEY},cluster\n{truth}")
    at = {judged.threshold: judged.qualities for judged in evaluation.at_thresholds}
    assert at[0.95] == (
        Quality("scored pairs", 1.0, 0.5),
        Quality("clusters", 0.5, 0.666667),  # 1 2 | 3 | 4 | 5 of 1 2 | 3 | 4 5: two right of four, of three
        Quality("records", 1.0, 0.8),
    )
    assert at[0.98] == (
        Quality("scored pairs", None, 0.0),
        Quality("clusters", 0.2, 0.333333),
        Quality("records", 1.0, 0.6),
    )


def test_nothing_is_said_of_thresholds_below_which_no_pair_was_written_down(
    workspace: Workspace, tmp_path: Path
) -> None:
    _build(workspace)
    with connect(workspace) as connection:
        connection.execute("update build.int_match_settings_chosen set value = 0.9")
    evaluation = _evaluate(workspace, tmp_path, f"{KEY},cluster\nd01,dms,customers,1,x\nd01,dms,customers,2,x\n")
    assert [judged.threshold for judged in evaluation.at_thresholds][:2] == [0.9, 0.95]


def test_labelled_pairs_are_judged_too(workspace: Workspace, tmp_path: Path) -> None:
    _build(workspace)
    columns = ",".join(f"{side}_{column}" for side in ("left", "right") for column in KEY.split(","))
    rows = "".join(
        f"d01,dms,customers,{left},d01,dms,customers,{right},{is_match}\n"
        for left, right, is_match in (("1", "2", "true"), ("1", "3", "no"), ("4", "5", "1"), ("3", "4", "yes"))
    )
    evaluation = _evaluate(workspace, tmp_path, f"{columns},is_match\n{rows}")
    assert evaluation.qualities == (Quality("pairs", round(2 / 3, 6), round(2 / 3, 6)),)
    assert (evaluation.labelled_records, evaluation.unknown_records) == (5, 0)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_file_that_holds_no_labels_is_refused(workspace: Workspace, tmp_path: Path, text: str) -> None:
    _build(workspace)
    with pytest.raises(LabelsUnreadable, match="labels.csv"):
        _evaluate(workspace, tmp_path, text)


def test_without_a_build_there_is_nothing_to_judge(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NothingBuilt, match="dealer360 build"):
        _evaluate(workspace, tmp_path, f"{KEY},cluster\n")
