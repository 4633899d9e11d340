"""`dealer360 identity`: how well people are told apart, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.output import json_option, print_json, print_table, print_text, progress
from commands.who import by_option
from stewardship.decisions import PairDecision, Verdict, standing_decisions
from stewardship.decisions import decide as write_decision
from stewardship.evaluation import Evaluation, Quality
from stewardship.evaluation import evaluate as evaluate_labels
from stewardship.explanation import CustomerExplanation, PairExplanation, explain_customer, explain_pair
from stewardship.review import Waiting, waiting_count, waiting_pairs
from stewardship.shared_values import shared_values
from warehouse.database import connect

if TYPE_CHECKING:
    from stewardship.training import Training

VERDICTS: dict[str, Verdict] = {"link": "link", "no-link": "no_link", "withdraw": "withdrawn"}
_TOLD: dict[Verdict, str] = {
    "link": "{} and {} are one person.",
    "no_link": "{} and {} are two.",
    "withdrawn": "about {} and {} the model decides again.",
}


@click.group(epilog="Example: dealer360 identity explain d01/dms/customers/17 d02/dms/sales/17")
def identity() -> None:
    """Who is who: how good it is, and why."""


@identity.command(epilog="Example: dealer360 identity train --sample-size 100000 --seed 7")
@click.option("--version", help="Name of the new version: small letters, digits, - and _ (default: today's date).")
@click.option(
    "--sample-size",
    type=click.IntRange(min=100),
    default=50_000,
    show_default=True,
    help="How many records to draw at most.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the draw: the same seed, the same model.")
@json_option
@click.pass_context
def train(context: click.Context, *, version: str | None, sample_size: int, seed: int, as_json: bool) -> None:
    """Train a match model on the last build's records, without labels.

    Writes identity/VERSION.csv, its settings, its term frequencies and a page of charts into the workspace. Builds use
    it once group.yml says `identity_version: VERSION`.
    """
    # Splink and DuckDB take a second to import: the other commands should not wait for them.
    from stewardship.training import train as train_model

    with progress("identity train") as show:
        training = train_model(context.obj, version=version, sample_size=sample_size, seed=seed, progress=show)
    if as_json:
        print_json(asdict(training) | {"files": list(training.files), "estimates": training.estimates.as_data()})
        return
    _tell_training(training)


@identity.command(epilog="Example: dealer360 identity evaluate --labels truth/clusters.csv")
@click.option(
    "--labels",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV: dealer_code, source_system, entity, source_record_id, cluster; or two such keys (left_…, right_…) "
    "and is_match.",
)
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the page of charts (default: exports/identity_evaluation.html in the workspace).",
)
@json_option
@click.pass_context
def evaluate(context: click.Context, *, labels: Path, page: Path | None, as_json: bool) -> None:
    """Judge the customers of the last build by labels: precision, recall and F1."""
    # The charts' libraries come with Splink, which takes a second to import: other commands should not wait for it.
    from stewardship.evaluation_page import write_evaluation_page

    with connect(context.obj) as connection:
        evaluation = evaluate_labels(connection, labels)
    page = page or context.obj.exports_dir / "identity_evaluation.html"
    write_evaluation_page(page, evaluation, labels.name)
    if as_json:
        print_json(_as_data(evaluation))
        return
    click.echo(f"{evaluation.labelled_records} labelled records, {evaluation.unknown_records} of them unknown.")
    print_table("Clusters of the last build", ("by", "precision", "recall", "F1"), map(_cells, evaluation.qualities))
    if evaluation.at_thresholds:
        print_table(
            "Scores alone: pairs, and the clusters that they make without guards",
            ("accepted from", "by", "precision", "recall", "F1"),
            ((at.threshold, *_cells(quality)) for at in evaluation.at_thresholds for quality in at.qualities),
        )
    click.echo(f"Labelled records in the largest clusters: {', '.join(map(str, evaluation.largest_clusters))}")
    click.echo(f"Charts: {page}")


@identity.command(epilog="Example: dealer360 identity review --limit 5 --dealer d01")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(min=1), help="How many pairs.")
@click.option("--dealer", "dealer_code", metavar="CODE", help="Only pairs with a record of this dealer.")
@click.option("--decided", is_flag=True, help="What was decided so far, instead of what waits.")
@json_option
@click.pass_context
def review(context: click.Context, *, limit: int, dealer_code: str | None, decided: bool, as_json: bool) -> None:
    """Pairs that wait for a person, side by side with their weights, the most valuable first."""
    with connect(context.obj) as connection:
        if decided:
            decisions = standing_decisions(connection)
            print_json([asdict(held) for held in decisions]) if as_json else _tell_decisions(decisions)
            return
        pairs = waiting_pairs(connection, limit=limit, dealer_code=dealer_code)
        if as_json:
            print_json([asdict(pair) for pair in pairs])
            return
        for pair in pairs:
            _tell_waiting(pair)
        waiting = waiting_count(connection, dealer_code=dealer_code)
        click.echo(f"{len(pairs)} shown of {waiting} waiting pairs in the queue of the last build.")


@identity.command(
    epilog="Example: dealer360 identity decide no-link d01/dms/customers/17 d02/dms/sales/17 --reason 'father and son'"
)
@click.argument("decision", type=click.Choice(["link", "no-link", "withdraw"]))
@click.argument("first", metavar="KEY")
@click.argument("second", metavar="KEY")
@click.option("--reason", required=True, help="A sentence for whoever asks later.")
@by_option
@json_option
@click.pass_context
def decide(
    context: click.Context, *, decision: str, first: str, second: str, reason: str, by: str, as_json: bool
) -> None:
    """Say that two records are one person (link) or not (no-link), or take back what was said (withdraw).

    The last decision about a pair stands, outranks the model, and takes effect with the next build.
    """
    with connect(context.obj) as connection:
        made = write_decision(connection, VERDICTS[decision], first, second, reason=reason, decided_by=by)
    if as_json:
        print_json(asdict(made))
        return
    click.echo(
        f"Decision {made.decision_id} is written: {_TOLD[made.decision].format(made.left_record, made.right_record)} "
        "It takes effect with the next build; `dealer360 build --dry-run` shows what it changes."
    )


@identity.command(epilog="Example: dealer360 identity explain d01/dms/sales/17 d02/web/leads/9")
@click.argument("keys", nargs=-1, required=True, metavar="A B | CUSTOMER_ID")
@json_option
@click.pass_context
def explain(context: click.Context, *, keys: tuple[str, ...], as_json: bool) -> None:
    """Why two records are one person or not; or which links hold a customer together, the weakest first."""
    if len(keys) > 2:
        raise click.UsageError("Give two record keys, or one customer_id.")
    with connect(context.obj) as connection:
        if len(keys) == 2:
            pair = explain_pair(connection, *keys)
            print_json(asdict(pair)) if as_json else _tell_pair(pair)
        else:
            customer = explain_customer(connection, keys[0])
            print_json(asdict(customer)) if as_json else _tell_customer(customer)


@identity.command(epilog="Example: dealer360 identity shared --dealer d01")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many values.")
@click.option("--dealer", "dealer_code", metavar="CODE", help="Only what is barred at this dealer alone.")
@json_option
@click.pass_context
def shared(context: click.Context, *, limit: int, dealer_code: str | None, as_json: bool) -> None:
    """Phones, e-mails, birth dates and cards of too many people to tell anybody by, and why."""
    with connect(context.obj) as connection:
        values, count = shared_values(connection, limit=limit, dealer_code=dealer_code)
    if as_json:
        print_json([asdict(value) for value in values])
        return
    print_table(
        "Values that are no evidence",
        ("value", "", "at", "surnames", "first names", "birth dates", "why"),
        (
            (
                value.value,
                value.attribute,
                value.dealer_code or "all dealers",
                value.surname_count,
                value.first_name_count,
                value.birth_date_count,
                value.why,
            )
            for value in values
        ),
    )
    click.echo(f"{len(values)} shown of {count}. The limits are the seed frequency_limits.")


def _tell_training(training: Training) -> None:
    drawn, estimates, changes = training.drawn, training.estimates, training.changes
    click.echo(
        f"Trained on {drawn.records} of {drawn.records_of_group} records of persons, {drawn.random_pairs} random pairs "
        f"and {drawn.alike_pairs} pairs that share something."
    )
    print_table(
        "Bits per level",
        ("attribute", "level", f"before ({changes.version_before})", f"after ({training.version})"),
        ((change.attribute, change.level, _bits(change.before), _bits(change.after)) for change in changes.levels),
    )
    for sentence in (*estimates.told, changes.sentence()):
        click.echo(sentence)
    click.echo(f"Two records drawn at random are one person's with probability {estimates.prior:.3g}.")
    click.echo(f"Written: {training.files.weights} and its two companions; charts: {training.page}")
    click.echo(f"To use it, say `identity_version: {training.version}` in group.yml, and build.")


def _bits(bits: float | None) -> str:
    return "" if bits is None else f"{bits:+.2f}"


def _cells(quality: Quality) -> tuple[object, ...]:
    return quality.measure, quality.precision, quality.recall, quality.f1


def _as_data(evaluation: Evaluation) -> dict[str, object]:
    return {
        **asdict(evaluation),
        "qualities": [{**asdict(quality), "f1": quality.f1} for quality in evaluation.qualities],
        "at_thresholds": [
            {"threshold": at.threshold, **asdict(quality), "f1": quality.f1}
            for at in evaluation.at_thresholds
            for quality in at.qualities
        ],
    }


def _tell_waiting(pair: Waiting) -> None:
    print_table(f"{pair.left_record} and {pair.right_record}", ("", pair.left_record, pair.right_record), pair.cells)
    if pair.customers:
        print_table("Their customers", ("", pair.left_customer_id, pair.right_customer_id), pair.customers)
    else:
        print_text("Their customers cannot be shown while a build makes them anew: ask again when it is done.")
    print_table(
        f"Weight {pair.match_weight:+.2f} bits, probability {pair.match_probability:.4f}: {pair.waits_because}",
        ("attribute", "agreement", "bits"),
        ((evidence.attribute, evidence.level, f"{evidence.bits:+.2f}") for evidence in pair.evidence),
    )
    click.echo(
        f"Together they would be {pair.record_count} records. One person, or two:\n"
        f"  dealer360 identity decide link {pair.left_record} {pair.right_record} --reason …\n"
        f"  dealer360 identity decide no-link {pair.left_record} {pair.right_record} --reason …\n"
    )


def _tell_decisions(decisions: Sequence[PairDecision]) -> None:
    print_table(
        "Decisions that stand, the latest first",
        ("record", "", "record", "by", "on", "reason"),
        (
            (
                held.left_record,
                "=" if held.decision == "link" else "≠",
                held.right_record,
                held.decided_by,
                f"{held.decided_at:%Y-%m-%d}",
                held.reason,
            )
            for held in decisions
        ),
    )


def _tell_pair(pair: PairExplanation) -> None:
    if pair.evidence:
        print_table(
            f"{pair.left_record} and {pair.right_record}",
            ("attribute", "agreement", "bits"),
            ((evidence.attribute, evidence.level, f"{evidence.bits:+.2f}") for evidence in pair.evidence),
        )
        click.echo(f"Weight {pair.match_weight:+.2f} bits (the prior included), probability {pair.match_probability}.")
    click.echo(pair.verdict)


def _tell_customer(customer: CustomerExplanation) -> None:
    print_table(f"Customer {customer.customer_id}", ("record", "held by"), customer.records)
    print_table(
        "Links, the weakest first",
        ("record", "record", "bits", "why"),
        ((link.left_record, link.right_record, f"{link.match_weight:.2f}", link.sentence) for link in customer.links),
    )
