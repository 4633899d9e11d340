"""Checks that no single table can answer: sums and counts that must agree across marts, staging and builds.

Plain SQL, because Great Expectations judges one table at a time. Thresholds that a user may set in group.yml, with
their defaults:

    identity:
      largest_cluster: 15          # more different surnames in one person than this refuse the build
      consolidation_jump: 0.02     # merges or splits of customers that one build may bring, as a share of the records
      contact_persons: 10          # more customers than this on one phone or e-mail are told
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from expectations.verdict import FEWEST_ROWS_TO_REFUSE, Action, Finding
from warehouse.errors import Dealer360Error


class WrongBuild(Dealer360Error):
    """Schema `build` belongs to another build than the one to be judged."""


class CheckFailed(Dealer360Error):
    """A check across marts could not be run; nothing may pass a gate unjudged."""


@dataclass(frozen=True)
class CrossCheck:
    """One check: `sql` gives one row of how many break the rule, of how many, and what was observed (or null).

    With `refuse_share` a check that warns refuses when more than that share of the elements break the rule.
    """

    rule: str
    column: str | None
    action: Action
    sentence: str
    sql: str
    refuse_share: float | None = None


def require_build(connection: psycopg.Connection[Any], build_id: int) -> None:
    """Make sure that the staging views, and so schema `build`, show that build.

    Raises:
        WrongBuild: they show another one.
    """
    row = connection.execute("select build_id from ops.current_build").fetchone()
    found = None if row is None else row[0]
    if found != build_id:
        raise WrongBuild(
            f"build {build_id}",
            found=f"ops.current_build names build {found}",
            expected=f"build {build_id}",
            do="judge a build before the next one is opened; what was published before stays",
        )


def missing_marts(connection: psycopg.Connection[Any], marts: Sequence[str]) -> tuple[Finding, ...]:
    """A refusing finding for every mart that schema `build` does not hold."""
    held = {
        row[0]
        for row in connection.execute("select table_name from information_schema.tables where table_schema = 'build'")
    }
    return tuple(
        Finding(
            rule_code="mart_missing",
            column=mart,
            action="refuse",
            sentence=f"The mart {mart} was not built; readers would see it vanish or grow old.",
            is_success=False,
            unexpected_count=1,
            element_count=1,
        )
        for mart in marts
        if mart not in held
    )


def run_cross_checks(connection: psycopg.Connection[Any]) -> list[Finding]:
    """What every check found, in the order of CROSS_CHECKS.

    Raises:
        CheckFailed: a table or column that a check needs is not there.
    """
    connection.execute("set local jit = off")
    return [_run(connection, check) for check in (*CROSS_CHECKS, consolidation_check(connection))]


def consolidation_check(connection: psycopg.Connection[Any]) -> CrossCheck:
    """The check against the build that readers see now; without one there is nothing to compare with."""
    row = connection.execute(
        "select build_id is not null and to_regclass('marts.bridge_customer_records') is not null from ops.live"
    ).fetchone()
    is_comparable = bool(row and row[0])
    return CrossCheck(
        "consolidation_jump",
        "bridge_customer_records",
        "refuse",
        "Among the records that both this build and the published one hold, more customers were merged or split than"
        " the group allows. `dealer360 build --dry-run` shows which and why; if it is meant, let it through with"
        " `dealer360 build --allow-jump REASON`, or raise identity.consolidation_jump in group.yml for good.",
        _CONSOLIDATION_JUMP if is_comparable else "select 0, 0, 'no build was published before'",
    )


def _run(connection: psycopg.Connection[Any], check: CrossCheck) -> Finding:
    try:
        row = connection.execute(check.sql).fetchone()
    except psycopg.Error as error:
        raise CheckFailed(
            f"check {check.rule} of the marts",
            found=str(error).strip(),
            expected="every mart, staging view and intermediate model that the check reads",
            do="run dbt for the whole project; what was published before stays",
        ) from error
    unexpected, elements, observed = row or (1, 1, "the check gave no row")
    is_refused = (
        check.refuse_share is not None
        and unexpected >= FEWEST_ROWS_TO_REFUSE
        and unexpected > check.refuse_share * elements
    )
    return Finding(
        rule_code=check.rule,
        column=check.column,
        action="refuse" if is_refused else check.action,
        sentence=check.sentence,
        is_success=unexpected == 0,
        unexpected_count=unexpected,
        element_count=elements,
        observed=observed,
    )


def _threshold(setting: str, default: float) -> str:
    found = f"(select cast(value as numeric) from ops.settings where setting = '{setting}')"  # noqa: S608 - constants
    return f"coalesce({found}, {default})"


def _customer_known(mart: str) -> CrossCheck:
    return CrossCheck(
        "customer_unknown",
        mart,
        "refuse",
        f"A row of {mart} belongs to a customer that dim_customers does not hold; joins would lose it.",
        f"""
        select
            count(*) filter (where customers.customer_id is null),
            count(*),
            null
        from build.{mart} as facts
        left join build.dim_customers as customers on facts.customer_id = customers.customer_id
        where facts.customer_id is not null
        """,  # noqa: S608 - the names are those of the list below
    )


def _mart_filled(mart: str, staging: str, condition: str) -> CrossCheck:
    return CrossCheck(
        "mart_empty",
        mart,
        "refuse",
        f"{mart} is empty although {staging} holds rows that belong in it.",
        f"""
        select
            case when fed.row_count >= 10 and not exists (select 1 from build.{mart}) then 1 else 0 end,
            1,
            cast(fed.row_count as text) || ' rows in {staging}'
        from (select count(*) as row_count from staging.{staging} where {condition}) as fed
        """,  # noqa: S608 - the names are those of the list below
    )


_SALES_MONEY = """
    with fed as (
        select
            count(*) as documents,
            coalesce(sum(
                case
                    when document_type = 'return' then abs(coalesce(discount_amount, 0)) - abs(price_amount)
                    else price_amount - coalesce(discount_amount, 0)
                end
            ), 0) as money
        from staging.stg_dms__sales
    ),

    told as (
        select count(*) as documents, coalesce(sum(net_amount), 0) as money
        from (
            select net_amount from build.fct_vehicle_sales
            union all
            select net_amount from build.int_vehicle_sales_classified where exclusion_reason is not null
        ) as documents
    )

    select
        case
            when fed.documents <> told.documents or abs(fed.money - told.money) > 0.01 * fed.documents then 1
            else 0
        end,
        1,
        fed.documents || ' documents of ' || round(fed.money, 2) || ' in staging, '
        || told.documents || ' of ' || round(told.money, 2) || ' as sales and as documents left out for a reason'
    from fed
    cross join told
"""

_SERVICE_MONEY = """
    with fed as (
        select
            count(*) as documents,
            coalesce(sum(coalesce(labor_amount, 0) + coalesce(parts_amount, 0)), 0) as money
        from staging.stg_dms__service_orders
    ),

    told as (
        select coalesce(sum(documents), 0) as documents, coalesce(sum(money), 0) as money
        from (
            select coalesce(sum(order_count), 0) as documents, sum(net_amount) as money
            from build.fct_service_visits
            union all
            select count(*), sum(coalesce(labor_amount, 0) + coalesce(parts_amount, 0))
            from build.int_service_orders_classified
            where exclusion_reason is not null
        ) as documents
    )

    select
        case
            when fed.documents <> told.documents or abs(fed.money - told.money) > 0.01 * fed.documents then 1
            else 0
        end,
        1,
        fed.documents || ' orders of ' || round(fed.money, 2) || ' in staging, '
        || told.documents || ' of ' || round(told.money, 2) || ' in visits and in orders left out for a reason'
    from fed
    cross join told
"""

_RECORDS_KEPT = """
    with assigned as (
        select count(*) as records from build.int_customer_ids_assigned
    ),

    bridged as (
        select count(*) as records from build.bridge_customer_records
    )

    select
        abs(assigned.records - bridged.records),
        assigned.records,
        bridged.records || ' of ' || assigned.records || ' records'
    from assigned
    cross join bridged
"""

_GROUP_OVER_DEALERS = """
    with figures as (
        select
            department,
            month_start,
            coalesce(sum(customers) filter (where scope_type = 'group'), 0) as group_customers,
            coalesce(sum(customers) filter (where scope_type = 'dealer'), 0) as dealer_customers
        from build.mart_sales_kpis
        group by department, month_start
    )

    select count(*) filter (where group_customers > dealer_customers), count(*), null
    from figures
"""

_GROUP_MONEY = """
    with figures as (
        select
            department,
            month_start,
            coalesce(sum(net_amount) filter (where scope_type = 'group'), 0) as group_amount,
            coalesce(sum(net_amount) filter (where scope_type = 'dealer'), 0) as dealer_amount
        from build.mart_sales_kpis
        group by department, month_start
    )

    select count(*) filter (where abs(group_amount - dealer_amount) > 0.01), count(*), null
    from figures
"""

_RECORDS_OF_PERSONS = """
    select distinct assigned.customer_id, records.signature_id, records.last_name, records.birth_date
    from build.int_customer_ids_assigned as assigned
    inner join build.int_customer_records_standardized as records on assigned.signature_id = records.signature_id
    where records.customer_type = 'person'
"""

_LARGEST_CLUSTER = f"""
    with records as ({_RECORDS_OF_PERSONS}),

    clusters as (
        select customer_id, count(distinct last_name) as last_names
        from records
        group by customer_id
    )

    select
        count(*) filter (where last_names > {_threshold("identity.largest_cluster", 15)}),
        count(*),
        'at most ' || coalesce(max(last_names), 0) || ' surnames in one person'
    from clusters
"""  # noqa: S608 - put together from constants

# Two dates are one with slips where matching finds them alike: two of year, month and day agree, day and month are
# exchanged, they are less than thirteen months apart, or two digits differ; of two firsts of January, which stand for a
# year alone, one digit of the year. Two dates that are no slips of a more frequent one beside the first, and the
# customer is more than one person.
_BIRTH_DATES = f"""
    with records as ({_RECORDS_OF_PERSONS}),

    dates as (
        select
            customer_id,
            birth_date,
            to_char(birth_date, 'MM-DD') = '01-01' as stands_for_a_year,
            row_number() over (partition by customer_id order by count(*) desc, birth_date) as place
        from records
        where birth_date is not null
        group by customer_id, birth_date
    ),

    other_dates as (
        select customer_id, birth_date
        from dates
        where place > 1 and not exists (
            select 1
            from dates as before
            where
                before.customer_id = dates.customer_id
                and before.place < dates.place
                and (
                    (
                        cast(extract(year from before.birth_date) = extract(year from dates.birth_date) as integer)
                        + cast(extract(month from before.birth_date) = extract(month from dates.birth_date) as integer)
                        + cast(extract(day from before.birth_date) = extract(day from dates.birth_date) as integer)
                        >= 2
                        and not (before.stands_for_a_year and dates.stands_for_a_year)
                    )
                    or (
                        extract(year from before.birth_date) = extract(year from dates.birth_date)
                        and extract(month from before.birth_date) = extract(day from dates.birth_date)
                        and extract(day from before.birth_date) = extract(month from dates.birth_date)
                    )
                    or abs(before.birth_date - dates.birth_date) <= 396
                    or levenshtein(cast(before.birth_date as text), cast(dates.birth_date as text))
                    <= case when before.stands_for_a_year and dates.stands_for_a_year then 1 else 2 end
                )
        )
    ),

    contradictory as (
        select customer_id from other_dates group by customer_id having count(*) >= 2
    )

    select
        (select count(*) from contradictory),
        (select count(distinct customer_id) from records),
        null
"""  # noqa: S608 - put together from constants

_DECISIONS = """
    with latest as (
        select left_record, right_record, decision from ops.build_decisions
    ),

    records as (
        select
            customer_id,
            dealer_code || '/' || source_system || '/' || entity || '/' || source_record_id as record_key
        from build.bridge_customer_records
    )

    select
        count(*) filter (where (decision = 'link') <> (lefts.customer_id = rights.customer_id)),
        count(*),
        null
    from latest
    inner join records as lefts on latest.left_record = lefts.record_key
    inner join records as rights on latest.right_record = rights.record_key
"""

_SHARED_CONTACTS = f"""
    with contacts as (
        select contact_type, contact_value, count(distinct customer_id) as customers
        from build.dim_customer_contacts
        where contact_type in ('phone', 'email')
        group by contact_type, contact_value
    )

    select
        count(*) filter (where customers > {_threshold("identity.contact_persons", 10)}),
        count(*),
        'at most ' || coalesce(max(customers), 0) || ' customers on one'
    from contacts
"""  # noqa: S608 - put together from constants

# Rules from 8192 on are of keys that say little, which many share in every group; so do names in a large one, up to the
# size that is too large for any key (macros/identity/blocks.sql).
_LARGE_BLOCKS = """
    with blocks as (
        select
            record_count,
            rule < 8192 and record_count > settings.value as is_told
        from build.int_customer_blocks_sized
        inner join build.int_match_settings_chosen as settings on settings.setting = 'block_cap'
        where is_too_large
    )

    select
        count(*) filter (where is_told),
        count(*),
        'at most ' || coalesce(max(record_count) filter (where is_told), 0) || ' records with one key; beside these, '
        || count(*) filter (where not is_told) || ' keys that say little (a name, say) are left out'
    from blocks
"""

_CONSENT_AFTER_WITHDRAWAL = """
    with events as (
        select coalesce(phone, email) as contact, controller, purpose, channel, occurred_at, status
        from staging.stg_crm__consents
        where coalesce(phone, email) is not null
    ),

    followed as (
        select
            status,
            lag(status) over (partition by contact, controller, purpose, channel order by occurred_at) as status_before
        from events
    )

    select count(*) filter (where status = 'granted' and status_before = 'withdrawn'), count(*), null
    from followed
"""

_ODOMETER_DECREASES = """
    with readings as (
        select
            odometer_km,
            lag(odometer_km) over (partition by vehicle_id order by closed_at, visit_id) as odometer_km_before
        from build.fct_service_visits
        where vehicle_id is not null and odometer_km is not null
    )

    select count(*) filter (where odometer_km < odometer_km_before), count(*), null
    from readings
"""

_CHANGES_THAT_ARE_NO_JUMP = 3

# Customers that came together and customers that came apart are counted each for itself: a hundred merges and a hundred
# splits are no calm night. What a steward decided since is no jump, and three changes are none in a small group.
_CONSOLIDATION_JUMP = f"""
    with decided as (
        select unnest(array[decisions.left_record, decisions.right_record]) as record_key
        from identity.pair_decisions as decisions
        where decisions.decided_at > (
            select coalesce(max(builds.started_at), '-infinity')
            from ops.builds as builds
            inner join ops.live as live on builds.build_id = live.build_id
        )
    ),

    both_builds as (
        select
            built.customer_id,
            published.customer_id as published_customer_id,
            exists (
                select from decided
                where decided.record_key = built.dealer_code || '/' || built.source_system || '/' || built.entity || '/'
                    || built.source_record_id
            ) as is_decided
        from build.bridge_customer_records as built
        inner join marts.bridge_customer_records as published
            on
                built.dealer_code = published.dealer_code
                and built.source_system = published.source_system
                and built.entity = published.entity
                and built.source_record_id = published.source_record_id
    ),

    counted as (
        select
            count(*) as records,
            count(distinct (customer_id, published_customer_id)) - count(distinct customer_id) as merges,
            count(distinct (customer_id, published_customer_id)) - count(distinct published_customer_id) as splits
        from both_builds
        where
            customer_id not in (select customer_id from both_builds where is_decided)
            and published_customer_id not in (select published_customer_id from both_builds where is_decided)
    )

    select
        case
            when
                greatest(merges, splits) > greatest(
                    {_threshold("identity.consolidation_jump", 0.02)} * records, {_CHANGES_THAT_ARE_NO_JUMP}
                )
                and not exists (
                    select from ops.builds as builds
                    inner join ops.current_build as current on builds.build_id = current.build_id
                    where builds.jump_allowed_because is not null
                )
                then greatest(merges, splits)
            else 0
        end,
        records,
        merges || ' merges and ' || splits || ' splits among ' || records || ' records'
    from counted
"""  # noqa: S608 - put together from constants

MARTS_OF_CUSTOMERS = (
    "bridge_customer_records",
    "dim_customer_contacts",
    "fct_leads",
    "fct_service_visits",
    "fct_survey_responses",
    "fct_vehicle_returns",
    "fct_vehicle_sales",
    "mart_customer_timeline",
    "mart_segmentation",
)

CROSS_CHECKS: tuple[CrossCheck, ...] = (
    *(_customer_known(mart) for mart in MARTS_OF_CUSTOMERS),
    _mart_filled("dim_customers", "stg_dms__customers", "full_name is not null or last_name is not null"),
    _mart_filled("dim_vehicles", "stg_dms__vehicles", "vin is not null"),
    _mart_filled("fct_leads", "stg_web__leads", "phone is not null"),
    _mart_filled(
        "fct_survey_responses", "stg_surveys__responses", "submitted_at is not null and coalesce(is_complete, true)"
    ),
    CrossCheck(
        "customers_not_one_page_each",
        "mart_customer_360",
        "refuse",
        "Every customer of dim_customers has one page in mart_customer_360, and nobody else has.",
        """
        select count(*) filter (where customers.customer_id is null or pages.customer_id is null), count(*), null
        from build.dim_customers as customers
        full outer join build.mart_customer_360 as pages on customers.customer_id = pages.customer_id
        """,
    ),
    CrossCheck(
        "money_lost",
        "fct_vehicle_sales",
        "refuse",
        "The sales documents of staging, and their money, are all either sales or left out for a named reason.",
        _SALES_MONEY,
    ),
    CrossCheck(
        "money_lost",
        "fct_service_visits",
        "refuse",
        "The repair orders of staging, and their money, are all either in a visit or left out for a named reason.",
        _SERVICE_MONEY,
    ),
    CrossCheck(
        "records_lost",
        "bridge_customer_records",
        "refuse",
        "Every record that names a person is in the bridge once: without it there is no way back to the dealer's file.",
        _RECORDS_KEPT,
    ),
    CrossCheck(
        "group_over_dealers",
        "mart_sales_kpis",
        "refuse",
        "The group has no more customers in a month than its dealers together.",
        _GROUP_OVER_DEALERS,
    ),
    CrossCheck(
        "group_money_differs",
        "mart_sales_kpis",
        "refuse",
        "The money of the group is the sum of its dealers' money, whatever their customers have in common.",
        _GROUP_MONEY,
    ),
    CrossCheck(
        "cluster_too_large",
        "dim_customers",
        "refuse",
        "Some person carries more surnames than one can have: different people were merged into one.",
        _LARGEST_CLUSTER,
    ),
    CrossCheck(
        "birth_dates_contradict",
        "dim_customers",
        "warn",
        "Some persons have more than two birth dates that are no slips of each other: different people may be merged.",
        _BIRTH_DATES,
        refuse_share=0.005,
    ),
    CrossCheck(
        "decision_not_followed",
        "bridge_customer_records",
        "refuse",
        "What a steward decided about two records does not hold in this build; a person's decision outranks the model.",
        _DECISIONS,
    ),
    CrossCheck(
        "contact_shared",
        "dim_customer_contacts",
        "warn",
        "Some phones or e-mails belong to more customers than a household has: a desk's or a salesman's, perhaps.",
        _SHARED_CONTACTS,
    ),
    CrossCheck(
        "records_not_compared",
        "dim_customers",
        "warn",
        "Some records share a phone, a name or another key with more others than match_settings allows (block_cap; for"
        " keys that say little weak_block_cap), so it brings none of them together."
        " `dealer360 identity explain KEY KEY` names the key of a pair.",
        _LARGE_BLOCKS,
    ),
    CrossCheck(
        "consent_after_withdrawal",
        "stg_crm__consents",
        "warn",
        "A consent was given again after it was withdrawn; make sure that the customer gave it.",
        _CONSENT_AFTER_WITHDRAWAL,
    ),
    CrossCheck(
        "odometer_decreases",
        "fct_service_visits",
        "warn",
        "The mileage of some vehicles falls from one visit to the next: a slip, or another instrument.",
        _ODOMETER_DECREASES,
    ),
)
