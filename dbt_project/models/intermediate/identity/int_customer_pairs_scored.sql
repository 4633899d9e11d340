{%- set attributes = [
    'last_name', 'first_name', 'middle_name', 'birth_date', 'gender', 'phone', 'email', 'tax_id', 'national_id',
    'address', 'vehicle', 'company',
] -%}
{%- set names = ['last_name', 'first_name', 'middle_name'] -%}

with pairs as (

    select * from {{ ref('int_customer_pairs_compared') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

-- A rare name in common is strong, a frequent one is weak: u of an equal name is the share of people who bear it.
weighed as (

    select
        pairs.*,
        {% for attribute in attributes if attribute not in names -%}
        coalesce({{ attribute }}_weights.bits, 0) as {{ attribute }}_bits,
        {% endfor -%}
        {% for attribute in names -%}
        case
            when pairs.{{ attribute }}_level = 'exact'
                then ln(
                    {{ attribute }}_weights.m_probability
                    / coalesce(pairs.{{ attribute }}_share, settings.unknown_{{ attribute }}_share)
                ) / ln(2)
            else coalesce({{ attribute }}_weights.bits, 0)
        end as {{ attribute }}_bits,
        {% endfor -%}
        settings.prior_bits
    from pairs
    cross join settings
    {% for attribute in attributes -%}
    left join {{ ref('int_match_weights_chosen') }} as {{ attribute }}_weights
        on
            {{ attribute }}_weights.attribute = '{{ attribute }}'
            and pairs.{{ attribute }}_level = {{ attribute }}_weights.level
    {% endfor %}
),

summed as (

    select
        *,
        prior_bits
        {%- for attribute in attributes %}
        + {{ attribute }}_bits
        {%- endfor %} as match_weight
    from weighed

),

-- What no score outweighs.
ruled as (

    select
        *,
        case
            when tax_id_level in ('close', 'different') then 'two tax numbers'
            when customer_type = 'organisation' then null
            when birth_date_level = 'different' and first_name_level = 'different' and first_name_distance > 2
                then 'two birth dates and two first names'
            when
                first_name_level = 'different'
                and first_name_distance > 2
                and tax_id_level <> 'exact'
                and national_id_level <> 'exact'
                and email_level <> 'exact'
                and not (birth_date_level in ('exact', 'near') and last_name_level <> 'exact')
                then 'two first names'
            when
                last_name_level in ('different', 'missing')
                and first_name_level in ('different', 'missing')
                and birth_date_level <> 'exact'
                and tax_id_level <> 'exact'
                and national_id_level <> 'exact'
                then 'no name in common'
        end as hard_rule,
        -- Namesakes are normal: a name asks for something beside it, however rare it is.
        phone_level in ('missing', 'different')
        and email_level in ('missing', 'different')
        and birth_date_level in ('missing', 'part', 'different')
        and address_level not in ('exact', 'close')
        and vehicle_level <> 'shared'
        and tax_id_level <> 'exact'
        and national_id_level not in ('exact', 'close') as is_name_alone
    from summed

),

final as (

    select
        left_id,
        right_id,
        customer_type,
        rules,
        {% for attribute in attributes -%}
        {{ attribute }}_level,
        {{ attribute }}_bits,
        {% endfor -%}
        round(cast(match_weight as decimal(18, 6)), 6) as match_weight,
        round(cast(
            1 / (1 + power(cast(2 as double precision), -greatest(least(match_weight, 60), -60))) as decimal(18, 9)
        ), 6) as match_probability,
        hard_rule,
        is_name_alone
    from ruled

)

select * from final
