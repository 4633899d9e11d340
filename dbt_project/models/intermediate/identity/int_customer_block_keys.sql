{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['record_id']},
    unlogged=true,
    indexes=[{'columns': ['block_id']}, {'columns': ['record_id']}],
) }}

-- depends_on: {{ ref('int_customer_records_changed') }}

{#-
    What proposes a pair: records that share one of these keys. A rule is a power of two, so that rules add up. From
    weakest_rule() on a key says little: it proposes only where few share it, and in a group that is small enough for
    a birth date or a single name to be rare.
-#}
{%- set rules = {
    1: "case when is_usable_email then email end",
    2: "tax_id",
    4: "national_id",
    8: "case when is_usable_birth_date then concat_ws('|', birth_date, left(last_name_key, 3)) end",
    16: "case when is_usable_birth_date then concat_ws('|', birth_date, left(first_name_key, 3)) end",
    32: "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key)) end",
    64: "case when is_usable_name then last_name_key || '|' || first_name_key || '|' || middle_name_key end",
    128: "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key), city_key) end",
    256: "case when is_usable_address then concat_ws('|', street_key, address_numbers, city_key) end",
    512: "last_name_key || '|' || left(phone, 7)",
    1024: "company_key",
    8192: "case when is_usable_email then "
        ~ regexp_replaced("split_part(email, '@', 1)", '[^a-zа-я]') ~ " || '|' || left(split_part(email, '@', 2), 2) end",
    16384: "case when is_usable_birth_date then cast(birth_date as " ~ text_type() ~ ") end",
    32768: "case when length(last_name_key) > 2 then last_name_key end",
    65536: "case when length(first_name_key) > 2 then first_name_key end",
    131072: "last_name_key || '|' || postal_code",
    262144: "first_name_key || '|' || postal_code",
    524288: "last_name_key || '|' || left(city_key, 4)",
    1048576: "first_name_key || '|' || left(city_key, 4)",
    2097152: "case when is_usable_name then concat_ws('|', least(left(last_name_key, 3), left(first_name_key, 3)),"
        ~ " greatest(left(last_name_key, 3), left(first_name_key, 3))) end",
    4194304: "case when is_usable_name then concat_ws('|', "
        ~ "least(translate(last_name_key, 'aeiou', ''), translate(first_name_key, 'aeiou', '')), "
        ~ "greatest(translate(last_name_key, 'aeiou', ''), translate(first_name_key, 'aeiou', ''))) end",
    8388608: "case when is_usable_birth_date then concat_ws('|', birth_date, left(city_key, 3)) end",
    16777216: "postal_code || '|' || address_numbers",
    33554432: "street_key || '|' || postal_code",
} -%}
{%- set listed = {'mobile_phones': 2048, 'landline_phones': 2048, 'vins': 4096} %}

with records as (

    {{ records_to_key() }}

),

settings as (

    {{ match_settings_in_one_row('int_match_settings_chosen') }}

),

beliefs as (

    {{ match_prior() }}

),

-- By the size that the prior stands for: it moves in steps, and with it everything is matched anew.
groups as (

    select
        settings.prior_bits - beliefs.prior_bits
        <= ln(settings.weak_keys_up_to / settings.prior_records) / ln(2) as is_small
    from settings
    cross join beliefs

),

single_keys as (

    select
        records.record_id,
        records.customer_type,
        block_keys.rule,
        block_keys.block_key
    from records
    cross join groups
    {{ unpivoted(rules, 'block_keys', 'rule', 'block_key') }}
    where
        block_keys.block_key is not null
        and (block_keys.rule < {{ weakest_rule() }} or groups.is_small)

),

{% for column, rule in listed.items() -%}
keys_of_{{ column }} as (

    select
        records.record_id,
        records.customer_type,
        {{ rule }} as rule,
        block_keys.block_key
    from ({{ records_to_key() }}) as records
    {{ unnested('records.' ~ column, 'block_keys', 'block_key') }}

),

{% endfor -%}
-- A person is never compared with a company.
final as (

    {% for keys in ['single_keys', 'keys_of_mobile_phones', 'keys_of_landline_phones', 'keys_of_vins'] -%}
    select
        record_id,
        rule,
        {{ hashed_64('block_key', "rule * 2 + case customer_type when 'organisation' then 1 else 0 end") }} as block_id
    from {{ keys }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
)

select * from final
