"""The two gates: what a batch must hold before it reaches raw, and a build before anyone sees it.

`gate.py` judges and records; a suite of rules stands in `raw/<source>__<entity>.py` for every kind of feed and in
`marts/<mart>.py` for every published mart; `cross_checks.py` holds what no single table can answer; `report.py` writes
the page of a run. A rule is a code, a sentence and what follows: `quarantine` (the row waits), `refuse` (the batch or
the build does not go on) or `warn`.

Who watches what:

    the file itself: encoding, delimiter, header, date    ingestion, before this gate: named refusals
    order, decimal mark, control total, row count,        (ingestion/errors.py, ingestion/file_checks.py)
    empty file, another dealer's file
    required cells and keys, dates, money, scores         raw suites: quarantine, refuse above a share
    phones, e-mails, VINs, words, test records, orphans   raw suites: warn
    ids, counts, money, retention identity                mart suites and cross checks: refuse
    merges in bulk, people with too many names or dates,  cross checks: refuse or warn, thresholds in group.yml
    decisions of stewards, contacts shared by many
    lateness                                              marts: rpt_freshness

tests/expectations/test_data_quality_checks.py names the rule for each.
"""
