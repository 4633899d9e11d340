{{ config(materialized='kept', part='standardising') }}

-- depends_on: {{ ref('int_customer_mentions_received') }}

with regions as (

    select * from {{ ref('phone_regions') }}

),

-- Countries that share a calling code (7, 1) share a plan: a number of any of them is one.
final as (

    select
        calling_code,
        min(split_part(coalesce(trunk_prefixes, ''), '|', 1)) as trunk_prefix,
        min(shortest) as shortest,
        max(longest) as longest,
        concat('^(', {{ text_aggregated('national_pattern', '|') }}, ')$') as national_pattern,
        concat('^(', {{ text_aggregated('mobile_pattern', '|') }}, ')$') as mobile_pattern,
        concat('^(', {{ text_aggregated('impersonal_pattern', '|') }}, ')$') as impersonal_pattern
    from regions
    group by calling_code

)

select * from final
