{# What makes up a person's signature: the columns that say who it is, without the number of the card. #}
{% macro signature_columns() -%}
    {{ return([
        'full_name', 'last_name', 'first_name', 'middle_name', 'birth_date', 'gender', 'phone', 'phone_2', 'phone_3',
        'email', 'address', 'city', 'region', 'postal_code', 'country', 'tax_id', 'national_id', 'company_name',
    ]) }}
{%- endmacro %}


{# A number that stands for the card that a row names; null where it names none. #}
{% macro card_id() -%}
    case
        when customer_source_id is not null
            then {{ hashed_64("concat(dealer_code, '|', source_system, '|', customer_source_id)") }}
    end
{%- endmacro %}


{# The staging models that name persons, each with what its further persons add to the key of the row. #}
{% macro staged_with_persons() %}
    {{ return({
        'stg_dms__customers': [],
        'stg_dms__vehicles': [],
        'stg_dms__sales': ['#payer', '#driver'],
        'stg_dms__service_orders': ['#payer', '#driver'],
        'stg_web__leads': ['#referrer'],
        'stg_telephony__calls': [],
        'stg_crm__contact_events': [],
        'stg_crm__consents': [],
        'stg_crm__invitations': [],
        'stg_surveys__responses': [],
    }) }}
{%- endmacro %}


{#
    The rows of one of these models, behind `from`; where standardising goes on, those that int_customer_mentions_received
    names, looked up one by one.
#}
{% macro rows_with_persons(model) -%}
    {%- if model not in staged_with_persons() -%}
        {{ exceptions.raise_compiler_error(model ~ " is not among staged_with_persons()") }}
    {%- endif -%}
    {%- set source_system, entity = model.removeprefix('stg_').split('__') -%}
    {%- if standardising_goes_on() -%}
    (
        select distinct
            dealer_code,
            source_record_id
        from {{ ref('int_customer_mentions_received') }}
        where
            source_system = '{{ source_system }}'
            and entity = '{{ entity }}'
    ) as received
    cross join lateral (
        select *
        from {{ ref(model) }} as staged
        where
            staged.dealer_code = received.dealer_code
            and staged.source_record_id = received.source_record_id
        {{ computed_once() }}
    ) as staged
    {%- else -%}
    {{ ref(model) }} as staged
    {%- endif -%}
{%- endmacro %}


{#
    One person of each row of a staging model, in the shape of int_customer_mentions_collected. `prefix` names the
    role (payer_, driver_, referrer_), which becomes part of the record's id: 17#payer. `columns` replaces single
    person columns by other expressions.
#}
{% macro customer_mentions_of(model, happened_at, prefix='', vin='null', trade_in_vin='null', card=none, columns={}) -%}
    {%- set role = '#' ~ prefix.rstrip('_') if prefix else '' -%}
    {%- if role and role not in staged_with_persons().get(model, []) -%}
        {{ exceptions.raise_compiler_error(model ~ role ~ " is not among staged_with_persons()") }}
    {%- endif -%}
    select
        staged.dealer_code,
        staged.source_system,
        staged.entity,
        staged.source_record_id{{ " || '" ~ role ~ "'" if role }} as source_record_id,
        {{ to_text(card or columns.get('customer_source_id', prefix ~ 'customer_source_id')) }} as customer_source_id,
        {% for column in signature_columns() -%}
        cast({{ columns.get(column, prefix ~ column) }} as {{ 'date' if column == 'birth_date' else text_type() }})
            as {{ column }},
        {% endfor -%}
        {{ to_text(vin) }} as vin,
        {{ to_text(trade_in_vin) }} as trade_in_vin,
        coalesce({{ happened_at }}, {{ to_moment("concat(" ~ to_text('_delivered_on') ~ ", 'T00:00:00+00:00')") }})
            as happened_at
    from {{ rows_with_persons(model) }}
{%- endmacro %}


{% macro text_type() -%}
    {{ return(adapter.dispatch('text_type')()) }}
{%- endmacro %}

{% macro postgres__text_type() -%}text{%- endmacro %}

{% macro spark__text_type() -%}string{%- endmacro %}


{# The numbers and mailboxes of persons, a row each, as `contact_value`: of all, or of those whose records `only` lists. #}
{% macro contact_points_of_records(only=none) -%}
    {%- set joined = "inner join " ~ only ~ " as sought on records.record_id = sought.record_id" if only else "" -%}
    {% for phones in ['mobile_phones', 'landline_phones'] -%}
    select
        records.record_id,
        contact_points.contact_value
    from {{ ref('int_customer_records_standardized') }} as records
    {{ joined }}
    {{ unnested('records.' ~ phones, 'contact_points', 'contact_value') }}
    where records.customer_type = 'person'

    union all

    {% endfor -%}
    select
        records.record_id,
        records.email as contact_value
    from {{ ref('int_customer_records_standardized') }} as records
    {{ joined }}
    where
        records.customer_type = 'person'
        and records.is_usable_email
{%- endmacro %}
