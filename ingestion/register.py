"""What the YAML files say, written to ops, where dbt and the reports read it."""

from __future__ import annotations

import psycopg
from psycopg.types.json import Jsonb

from ingestion.dealer_files import Configuration, Group


def settings_of(group: Group) -> dict[str, str]:
    """The settings by their names in ops.settings: group.yml's own keys, and its thresholds as `subject.name`."""
    return {
        "name": group.name,
        "time_zone": group.time_zone,
        "currency": group.currency,
        "default_phone_region": group.default_phone_region,
        "build_by": group.build_by,
        "identity_version": group.identity_version,
        **dict(group.thresholds),
    }


def register(connection: psycopg.Connection, configuration: Configuration) -> None:
    """ops.dealers, ops.feeds and ops.settings say what the YAML files say, in one transaction.

    A dealer whose YAML is gone stays, as not listed; one whose YAML has a mistake stays as it was. Rows that say the
    same already are not written again.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtextextended('dealer360 register', 0))")
        _register_dealers(connection, configuration)
        _register_feeds(connection, configuration)
        _register_settings(connection, configuration)


def _register_dealers(connection: psycopg.Connection, configuration: Configuration) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.dealers as held (
                dealer_code, dealer_name, legal_entity, same_group, brands, city, region, time_zone, phone_region,
                own_phones
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (dealer_code) do update set
                dealer_name = excluded.dealer_name, legal_entity = excluded.legal_entity,
                same_group = excluded.same_group, brands = excluded.brands, city = excluded.city,
                region = excluded.region, time_zone = excluded.time_zone, phone_region = excluded.phone_region,
                own_phones = excluded.own_phones, is_listed = true, updated_at = now()
            where (held.dealer_name, held.legal_entity, held.same_group, held.brands, held.city, held.region,
                    held.time_zone, held.phone_region, held.own_phones, held.is_listed)
                is distinct from (excluded.dealer_name, excluded.legal_entity, excluded.same_group, excluded.brands,
                    excluded.city, excluded.region, excluded.time_zone, excluded.phone_region, excluded.own_phones,
                    true)
            """,
            [
                (
                    dealer.dealer_code,
                    dealer.name,
                    dealer.legal_entity,
                    dealer.same_group,
                    list(dealer.brands),
                    dealer.city,
                    dealer.region,
                    dealer.time_zone,
                    dealer.phone_region,
                    list(dealer.own_phones),
                )
                for dealer in configuration.dealers
            ],
        )
    listed = [*(dealer.dealer_code for dealer in configuration.dealers), *configuration.dealers_with_problems]
    connection.execute(
        "update ops.dealers set is_listed = false, updated_at = now() where is_listed and dealer_code <> all(%s)",
        (listed,),
    )


def _register_feeds(connection: psycopg.Connection, configuration: Configuration) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.feeds as held (
                feed_id, dealer_code, source_system, entity, path, format_type, delivery, due, definition
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (feed_id) do update set
                format_type = excluded.format_type, delivery = excluded.delivery, due = excluded.due,
                definition = excluded.definition, is_listed = true, updated_at = now()
            where (held.format_type, held.delivery, held.due, held.definition, held.is_listed)
                is distinct from (excluded.format_type, excluded.delivery, excluded.due, excluded.definition, true)
            """,
            [
                (
                    feed.feed_id,
                    feed.dealer_code,
                    feed.source,
                    feed.entity,
                    feed.path,
                    feed.format.type,
                    feed.delivery,
                    feed.due,
                    Jsonb(feed.definition()),
                )
                for feed in configuration.feeds
            ],
        )
    connection.execute(
        """
        update ops.feeds set is_listed = false, updated_at = now()
        where is_listed and feed_id <> all(%s) and dealer_code <> all(%s)
        """,
        ([feed.feed_id for feed in configuration.feeds], list(configuration.dealers_with_problems)),
    )


def _register_settings(connection: psycopg.Connection, configuration: Configuration) -> None:
    settings = settings_of(configuration.group)
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.settings as held (setting, value) values (%s, %s)
            on conflict (setting) do update set value = excluded.value, updated_at = now()
            where held.value <> excluded.value
            """,
            list(settings.items()),
        )
    connection.execute("delete from ops.settings where setting <> all(%s)", (list(settings),))
