"""What identity remembers of a build: which record belongs to which customer, every id ever given, and why ids changed.

Written inside the transaction that publishes the build, so that an id exists exactly as long as somebody could have
seen it. Only what changed is written: versions of the map and of the links are closed and opened, never rewritten.
"""

from __future__ import annotations

import psycopg


def publish_identity(connection: psycopg.Connection, build_id: int) -> None:
    """Bring schema identity up to the build. `connection` is inside the publishing transaction.

    Reads build.int_customer_ids_assigned, build.int_customer_links_accepted and build.dim_customer_ids.
    """
    row = connection.execute("select started_at from ops.builds where build_id = %s", [build_id]).fetchone()
    parameters = {"build_id": build_id, "changed_at": row[0] if row else None}
    for statement in (
        _FIND_CHANGES,
        "analyze changed_records",
        _FIND_NEW_CUSTOMERS,
        _FIND_RETIRED_CUSTOMERS,
        _FIND_RESOLVED_ANEW,
        _FIND_DECIDED_CUSTOMERS,
        _FIND_MODEL_CHANGE,
        "delete from identity.customer_registry_before",
        _REMEMBER_REGISTRY,
        _REGISTER_NEW,
        _REGISTER_RESOLVED_ANEW,
        _WRITE_MINTED,
        _WRITE_MOVES,
        _CLOSE_MAP,
        _OPEN_MAP,
        _CLOSE_LINKS,
        _OPEN_LINKS,
    ):
        connection.execute(statement, parameters)


def withdraw_identity(connection: psycopg.Connection, build_id: int) -> None:
    """Take back what publishing this build wrote; it must be the last one that was published and not rolled back."""
    parameters = {"build_id": build_id}
    for statement in (
        "delete from identity.record_map where valid_from_build_id = %(build_id)s",
        "update identity.record_map set valid_to_build_id = null where valid_to_build_id = %(build_id)s",
        "delete from identity.accepted_links where valid_from_build_id = %(build_id)s",
        "update identity.accepted_links set valid_to_build_id = null where valid_to_build_id = %(build_id)s",
        "delete from identity.customer_id_history where build_id = %(build_id)s",
        "delete from identity.customer_registry where minted_build_id = %(build_id)s",
        _RESTORE_REGISTRY,
        "delete from identity.customer_registry_before",
    ):
        connection.execute(statement, parameters)


# Records whose customer is another one than in the map, with the map's (null: a new record) and the build's (null: a
# record that carries no person any more).
_FIND_CHANGES = """
    create temporary table changed_records on commit drop as
    select
        dealer_code,
        source_system,
        entity,
        source_record_id,
        dealer_code || '/' || source_system || '/' || entity || '/' || source_record_id as record_key,
        held.customer_id as old_customer_id,
        assigned.customer_id as new_customer_id
    from identity.current_record_map as held
    full outer join build.int_customer_ids_assigned as assigned
        using (dealer_code, source_system, entity, source_record_id)
    where held.customer_id is distinct from assigned.customer_id
"""

# An id begins with the least record key of its customer and how often that key has begun an id before.
_FIND_NEW_CUSTOMERS = """
    create temporary table new_customers on commit drop as
    with first_records as (
        select
            new_customer_id as customer_id,
            min(record_key) as begun_by_record,
            array_agg(record_key order by record_key) as record_keys
        from changed_records
        where
            new_customer_id is not null
            and not exists (
                select from identity.customer_registry as registry
                where registry.customer_id = changed_records.new_customer_id
            )
        group by new_customer_id
    )
    select
        customer_id,
        begun_by_record,
        record_keys,
        (
            select count(*) from identity.customer_registry as registry
            where registry.begun_by_record = first_records.begun_by_record
        ) as begun_ordinal
    from first_records
"""

# Customers that lost their last record, and how many others have theirs.
_FIND_RETIRED_CUSTOMERS = """
    create temporary table retired_customers on commit drop as
    select
        old_customer_id as customer_id,
        count(distinct new_customer_id) as part_count
    from changed_records
    where
        old_customer_id is not null
        and not exists (
            select from build.int_customer_ids_assigned as assigned
            where assigned.customer_id = changed_records.old_customer_id
        )
    group by old_customer_id
"""

# Registered ids that stand for something else in this build: they lost their last record or got one back, or it
# became of their heirs, years later maybe, what became of them.
_FIND_RESOLVED_ANEW = """
    create temporary table resolved_anew on commit drop as
    select customer_id, resolved.status, resolved.merged_into
    from (
        select
            published_customer_id as customer_id,
            status,
            case status when 'merged' then customer_id end as merged_into
        from build.dim_customer_ids
    ) as resolved
    inner join identity.customer_registry as registry using (customer_id)
    where
        resolved.status <> registry.status
        or resolved.merged_into is distinct from registry.merged_into
"""

# Customers that hold, or held, a record of a decision made since the live build began.
_FIND_DECIDED_CUSTOMERS = """
    create temporary table decided_customers on commit drop as
    with decided_records as (
        select unnest(array[left_record, right_record]) as record_key
        from identity.pair_decisions
        where decided_at > (
            select coalesce(max(builds.started_at), '-infinity')
            from ops.builds as builds
            inner join ops.live as live on live.build_id = builds.build_id
        )
    ),

    decided as (
        select distinct
            split_part(record_key, '/', 1) as dealer_code,
            split_part(record_key, '/', 2) as source_system,
            split_part(record_key, '/', 3) as entity,
            substring(record_key from '^[^/]*/[^/]*/[^/]*/(.*)$') as source_record_id
        from decided_records
    )

    select customer_id
    from decided
    inner join identity.current_record_map using (dealer_code, source_system, entity, source_record_id)
    union
    select customer_id
    from decided
    inner join build.int_customer_ids_assigned using (dealer_code, source_system, entity, source_record_id)
"""

# Another version of the model; or nothing new in raw, so that only other code or settings can have moved a record.
_FIND_MODEL_CHANGE = """
    create temporary table model_changes on commit drop as
    select building.build_id
    from ops.builds as building
    inner join ops.live as live on true
    inner join ops.builds as lived on lived.build_id = live.build_id
    where
        building.build_id = %(build_id)s
        and (building.identity_version <> lived.identity_version or building.horizon = lived.horizon)
"""

_REMEMBER_REGISTRY = """
    insert into identity.customer_registry_before
        (customer_id, build_id, status, merged_into, changed_build_id, changed_at)
    select customer_id, %(build_id)s, status, merged_into, changed_build_id, changed_at
    from identity.customer_registry
    where customer_id in (select customer_id from resolved_anew)
"""

_REGISTER_NEW = """
    insert into identity.customer_registry
        (customer_id, minted_build_id, begun_by_record, begun_ordinal, status, changed_build_id, changed_at)
    select customer_id, %(build_id)s, begun_by_record, begun_ordinal, 'current', %(build_id)s, %(changed_at)s
    from new_customers
"""

_REGISTER_RESOLVED_ANEW = """
    update identity.customer_registry as registry
    set
        status = resolved.status,
        merged_into = resolved.merged_into,
        changed_build_id = %(build_id)s,
        changed_at = %(changed_at)s
    from resolved_anew as resolved
    where registry.customer_id = resolved.customer_id
"""

_WRITE_MINTED = """
    insert into identity.customer_id_history (build_id, customer_id, change, cause, record_keys, happened_at)
    select
        %(build_id)s,
        customer_id,
        'minted',
        case
            when customer_id in (select customer_id from decided_customers) then 'decision'
            when exists (select from model_changes) then 'model change'
            else 'new evidence'
        end,
        record_keys,
        %(changed_at)s
    from new_customers
    order by customer_id
"""

# From an id that lives on to one that was there: the records moved, from `customer_id` to `other_customer_id`.
# From an id that ended in one other: it was merged into that. Whatever else left an id is split from it.
_WRITE_MOVES = """
    insert into identity.customer_id_history
        (build_id, customer_id, change, other_customer_id, cause, record_keys, happened_at)
    with moves as (
        select
            old_customer_id,
            new_customer_id,
            array_agg(record_key order by record_key) as record_keys
        from changed_records
        where old_customer_id is not null
        group by old_customer_id, new_customer_id
    ),

    named as (
        select
            moves.*,
            case
                when new_customer_id is null then 'record_moved'
                when retired.part_count = 1 then 'merged_into'
                when retired.part_count > 1 then 'split_from'
                when new_customer_id in (select customer_id from new_customers) then 'split_from'
                else 'record_moved'
            end as change
        from moves
        left join retired_customers as retired on retired.customer_id = moves.old_customer_id
    )

    select
        %(build_id)s,
        case change when 'split_from' then new_customer_id else old_customer_id end,
        change,
        case change when 'split_from' then old_customer_id else new_customer_id end,
        case
            when new_customer_id is null then 'erased'
            when old_customer_id in (select customer_id from decided_customers)
                or new_customer_id in (select customer_id from decided_customers) then 'decision'
            when exists (select from model_changes) then 'model change'
            else 'new evidence'
        end,
        record_keys,
        %(changed_at)s
    from named
    order by 2, 4
"""

_CLOSE_MAP = """
    update identity.record_map as map
    set valid_to_build_id = %(build_id)s
    from changed_records as changed
    where
        map.valid_to_build_id is null
        and map.dealer_code = changed.dealer_code
        and map.source_system = changed.source_system
        and map.entity = changed.entity
        and map.source_record_id = changed.source_record_id
"""

_OPEN_MAP = """
    insert into identity.record_map
        (dealer_code, source_system, entity, source_record_id, customer_id, valid_from_build_id)
    select dealer_code, source_system, entity, source_record_id, new_customer_id, %(build_id)s
    from changed_records
    where new_customer_id is not null
"""

_CLOSE_LINKS = """
    update identity.accepted_links as link
    set valid_to_build_id = %(build_id)s
    where
        link.valid_to_build_id is null
        and not exists (
            select from build.int_customer_links_accepted as accepted
            where
                accepted.left_record = link.left_record
                and accepted.right_record = link.right_record
                and accepted.match_weight = link.match_weight
                and accepted.match_probability = link.match_probability
                and accepted.link_reason = link.link_reason
                and accepted.left_signature_id is not distinct from link.left_signature_id
                and accepted.right_signature_id is not distinct from link.right_signature_id
        )
"""

_OPEN_LINKS = """
    insert into identity.accepted_links (
        left_record, right_record, match_weight, match_probability, valid_from_build_id,
        link_reason, left_signature_id, right_signature_id
    )
    select
        left_record, right_record, match_weight, match_probability, %(build_id)s,
        link_reason, left_signature_id, right_signature_id
    from build.int_customer_links_accepted as accepted
    where not exists (
        select from identity.current_accepted_links as link
        where link.left_record = accepted.left_record and link.right_record = accepted.right_record
    )
"""

_RESTORE_REGISTRY = """
    update identity.customer_registry as registry
    set
        status = before.status,
        merged_into = before.merged_into,
        changed_build_id = before.changed_build_id,
        changed_at = before.changed_at
    from identity.customer_registry_before as before
    where before.customer_id = registry.customer_id and before.build_id = %(build_id)s
"""
