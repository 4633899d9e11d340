"""What identity remembers of a build: which record belongs to which customer, every id ever given, and why ids changed.

Written inside the transaction that publishes the build, so that an id exists exactly as long as somebody could have
seen it. Only what changed is written: versions of the map and of the links are closed and opened, never rewritten.
"""

from __future__ import annotations

import psycopg


def publish_identity(connection: psycopg.Connection, build_id: int) -> None:
    """Bring schema identity up to the build. `connection` is inside the publishing transaction.

    Reads build.int_customer_records_moved, int_customer_id_changes, int_customer_links_accepted and dim_customer_ids.
    """
    row = connection.execute("select started_at from ops.builds where build_id = %s", [build_id]).fetchone()
    parameters = {"build_id": build_id, "changed_at": row[0] if row else None}
    for statement in (
        _FIND_RESOLVED_ANEW,
        "delete from identity.customer_registry_before",
        _REMEMBER_REGISTRY,
        _REGISTER_NEW,
        _REGISTER_RESOLVED_ANEW,
        _WRITE_HISTORY,
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

_REMEMBER_REGISTRY = """
    insert into identity.customer_registry_before
        (customer_id, build_id, status, merged_into, changed_build_id, changed_at)
    select customer_id, %(build_id)s, status, merged_into, changed_build_id, changed_at
    from identity.customer_registry
    where customer_id in (select customer_id from resolved_anew)
"""

# An id begins with the least record key of its customer and how often that key has begun an id before.
_REGISTER_NEW = """
    insert into identity.customer_registry
        (customer_id, minted_build_id, begun_by_record, begun_ordinal, status, changed_build_id, changed_at)
    select
        customer_id,
        %(build_id)s,
        record_keys[1],
        (select count(*) from identity.customer_registry as registry where registry.begun_by_record = record_keys[1]),
        'current',
        %(build_id)s,
        %(changed_at)s
    from build.int_customer_id_changes
    where change = 'minted'
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

_WRITE_HISTORY = """
    insert into identity.customer_id_history
        (build_id, customer_id, change, other_customer_id, cause, record_keys, happened_at)
    select %(build_id)s, customer_id, change, other_customer_id, cause, record_keys, %(changed_at)s
    from build.int_customer_id_changes
    order by change, customer_id, other_customer_id
"""

_CLOSE_MAP = """
    update identity.record_map as map
    set valid_to_build_id = %(build_id)s
    from build.int_customer_records_moved as changed
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
    from build.int_customer_records_moved
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
