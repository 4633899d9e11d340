"""What became of files, as a person reads it: a line each, then what is wrong, once for all that are wrong alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import click

from commands.output import print_text
from ingestion.outcomes import FileOutcome


def tell_outcomes(outcomes: Sequence[FileOutcome]) -> None:
    """Write what became of each file, and the reasons in full below; files that lie where they lay, as a count."""
    told = [outcome for outcome in outcomes if outcome.is_told]
    status_width = max((len(outcome.status) for outcome in told), default=0)
    dealer_width = max((len(outcome.dealer_code) for outcome in told), default=0)
    for outcome in told:
        what = f"{outcome.source_file}: {_became(outcome)}" if outcome.source_file else outcome.message
        click.echo(f"{outcome.status:<{status_width}}  {outcome.dealer_code:<{dealer_width}}  {what}")
    for outcome in told:
        for rule in outcome.broken_rules:
            place = f" ({rule.column})" if rule.column else ""
            click.echo(
                f"{outcome.source_file}: {rule.action} {rule.row_count:,} row(s) by {rule.rule}{place}: {rule.sentence}"
            )
        for note in outcome.notes:
            click.echo(f"{outcome.source_file}: {note}")
    if known := len(outcomes) - len(told):
        click.echo(f"{known} file(s) known already, nothing new in them.")
    if not outcomes:
        click.echo("No file under landing/ belongs to a feed.")
    if waiting := sum(outcome.counts.get("rows_quarantined", 0) for outcome in told if outcome.batch_id):
        click.echo(f"{waiting:,} row(s) wait in quarantine: `dealer360 quarantine list` says which, and why.")
    tell_errors(told)


def tell_counts(outcomes: Sequence[FileOutcome]) -> None:
    """Write how many files ended how, and what is wrong with those that were kept out."""
    counts = Counter(outcome.status for outcome in outcomes)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    click.echo(f"Files: {told}." if told else "Files: none.")
    tell_errors(outcomes)


def tell_errors(outcomes: Iterable[FileOutcome]) -> None:
    """Write to stderr what is wrong: where, found, expected, do. What is wrong with several alike is written once."""
    alike: dict[tuple[str, str], list[FileOutcome]] = {}
    for outcome in outcomes:
        if outcome.error is not None:
            head, _, body = outcome.error.partition("\n")
            key = (head.partition(": ")[0], _without_batch(body, outcome)) if body else (outcome.error, "")
            alike.setdefault(key, []).append(outcome)
    for (kind, body), having in alike.items():
        click.echo(err=True)
        if len(having) == 1:
            whole = f"{having[0].source_file or having[0].dealer_code}: {kind}"
            print_text(str(having[0].error) if body else whole, err=True)
            continue
        files = [_file_and_batch(outcome, names_batch="BATCH" in body) for outcome in having]
        where = f"\n{'':<12}".join(files)
        print_text(f"{kind}: {len(having)} alike\n  {'where:':<9} {where}\n{body}".rstrip(), err=True)


def _became(outcome: FileOutcome) -> str:
    """The outcome's line; of what is told in full below, only what it is called."""
    line = outcome.message.splitlines()[0]
    return line.partition(":")[0] if outcome.error is not None else line


def _without_batch(body: str, outcome: FileOutcome) -> str:
    return body.replace(outcome.batch_id, "BATCH") if outcome.batch_id else body


def _file_and_batch(outcome: FileOutcome, *, names_batch: bool) -> str:
    file = outcome.source_file or outcome.dealer_code
    return f"{file} (BATCH {outcome.batch_id})" if names_batch else file
