{{ config(pre_hook="{{ pairs_left_unsorted() }}") }}
{%- set attributes = match_attributes() -%}

with told as (

    select
        left_record,
        right_record,
        left_id,
        right_id,
        'accepted' as status,
        link_reason
    from {{ ref('int_customer_links_accepted') }}

    union all

    select
        least(left_records.record_key, right_records.record_key) as left_record,
        greatest(left_records.record_key, right_records.record_key) as right_record,
        reviewed.left_id,
        reviewed.right_id,
        'under review' as status,
        'match' as link_reason
    from {{ ref('int_customer_pairs_reviewed') }} as reviewed
    inner join {{ ref('int_customer_records_unioned') }} as left_records on reviewed.left_id = left_records.record_id
    inner join {{ ref('int_customer_records_unioned') }} as right_records on reviewed.right_id = right_records.record_id

),

{% for attribute in attributes -%}
{{ attribute }}_wordings as (

    select
        wordings.level,
        wordings.wording,
        coalesce(weights.bits, 0) as bits,
        concat(wordings.wording, ' ', {{ bits_as_text('weights.bits') }}) as phrase
    from {{ ref('match_weights') }} as wordings
    left join {{ ref('int_match_weights_chosen') }} as weights
        on
            wordings.attribute = weights.attribute
            and wordings.level = weights.level
    where wordings.attribute = '{{ attribute }}'

),

{% endfor -%}
worded as (

    select
        told.*,
        pairs.match_weight,
        pairs.match_probability,
        concat_ws(
            '; '
            {%- for attribute in attributes %},
            case
                when {{ attribute }}_wordings.wording is not null and {{ bits_told(attribute) }} <> 0
                    then {{ phrase_of(attribute) }}
            end
            {%- endfor %}
        ) as evidence,
        concat_ws(
            ', '
            {%- for attribute in attributes if attribute != 'gender' %},
            case when {{ bits_told(attribute) }} > 0 then {{ attribute }}_wordings.wording end
            {%- endfor %}
        ) as agreements
    from told
    left join {{ ref('int_customer_pairs_scored') }} as pairs
        on
            told.left_id = pairs.left_id
            and told.right_id = pairs.right_id
    {% for attribute in attributes -%}
    left join {{ attribute }}_wordings on pairs.{{ attribute }}_level = {{ attribute }}_wordings.level
    {% endfor %}
),

final as (

    select
        left_record,
        right_record,
        left_id,
        right_id,
        status,
        link_reason,
        match_weight,
        match_probability,
        case link_reason
            when 'decision' then 'linked by a decision of a steward'
            when 'same card' then 'same card number'
            else agreements
        end as reason,
        case link_reason
            when 'decision' then 'Linked by a decision of a steward.'
            when 'same card' then 'One card number in one system of one dealer.'
            else concat('Evidence in bits: ', evidence, '.')
        end as sentence
    from worded

)

select * from final
