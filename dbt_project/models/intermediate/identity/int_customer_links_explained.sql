{%- set attributes = match_attributes() -%}

with pairs as (

    select * from {{ ref('int_customer_pairs_scored') }}

),

records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

wordings as (

    select * from {{ ref('match_weights') }}

),

told as (

    select
        least(left_records.record_id, right_records.record_id) as left_id,
        greatest(left_records.record_id, right_records.record_id) as right_id,
        'accepted' as status,
        links.link_reason
    from {{ ref('int_customer_links_accepted') }} as links
    inner join records as left_records on links.left_record = left_records.record_key
    inner join records as right_records on links.right_record = right_records.record_key

    union all

    select
        left_id,
        right_id,
        'under review' as status,
        'match' as link_reason
    from {{ ref('int_customer_pairs_reviewed') }}

),

worded as (

    select
        told.left_id,
        told.right_id,
        told.status,
        told.link_reason,
        pairs.match_weight,
        pairs.match_probability,
        concat_ws(
            '; '
            {%- for attribute in attributes %},
            case
                when {{ attribute }}_wordings.wording is not null and pairs.{{ attribute }}_bits <> 0
                    then concat(
                        {{ attribute }}_wordings.wording, ' ', {{ bits_as_text("pairs." ~ attribute ~ "_bits") }}
                    )
            end
            {%- endfor %}
        ) as evidence,
        concat_ws(
            ', '
            {%- for attribute in attributes if attribute != 'gender' %},
            case when pairs.{{ attribute }}_bits > 0 then {{ attribute }}_wordings.wording end
            {%- endfor %}
        ) as agreements
    from told
    left join pairs
        on
            told.left_id = pairs.left_id
            and told.right_id = pairs.right_id
    {% for attribute in attributes -%}
    left join wordings as {{ attribute }}_wordings
        on
            {{ attribute }}_wordings.attribute = '{{ attribute }}'
            and pairs.{{ attribute }}_level = {{ attribute }}_wordings.level
    {% endfor %}
),

final as (

    select
        least(left_records.record_key, right_records.record_key) as left_record,
        greatest(left_records.record_key, right_records.record_key) as right_record,
        worded.left_id,
        worded.right_id,
        worded.status,
        worded.link_reason,
        worded.match_weight,
        worded.match_probability,
        case worded.link_reason
            when 'decision' then 'linked by a decision of a steward'
            when 'same card' then 'same card number'
            else worded.agreements
        end as reason,
        case worded.link_reason
            when 'decision' then 'Linked by a decision of a steward.'
            when 'same card' then 'One card number in one system of one dealer.'
            else concat('Evidence in bits: ', worded.evidence, '.')
        end as sentence
    from worded
    inner join records as left_records on worded.left_id = left_records.record_id
    inner join records as right_records on worded.right_id = right_records.record_id

)

select * from final
