{{ config(
    unlogged=true,
    pre_hook=["{{ indexes_where_few_are_looked_up() }}", "{{ pairs_left_unsorted() }}", "{{ small_groups_in_order() }}"],
) }}

{%- set telling = [
    'tax_id', 'birth_date', 'first_name_key', 'middle_name_key', 'name_suffix', 'gender', 'customer_type',
] %}
-- In a crowd it does not matter what contradicts.
with members as (

    select
        {% for column in telling + ['record_id', 'last_name', 'last_name_key', 'first_name_share', 'middle_name_share',
            'is_usable_birth_date', 'is_tax_id_checked', 'national_id'] -%}
        records.{{ column }},
        {% endfor -%}
        components.component
    from {{ ref('int_customer_components_guarded') }} as components
    inner join {{ ref('int_customer_records_standardized') }} as records on components.node = records.record_id
    where
        components.has_unlinked_pair
        and components.least_bits < {{ bits_of_a_decision() }}

),

-- A company has thousands of records that say the same, and are not brought together.
differing as (

    select component
    from members
    group by component
    having
        {% for column in telling -%}
        min({{ column }}) <> max({{ column }})
        or
        {% endfor -%}
        (count(first_name_key) < count(*) and min(last_name) <> max(last_name))

),

links as (

    select
        links.left_node,
        links.right_node
    from {{ links_to_cluster() }} as links
    inner join members on links.left_node = members.record_id

),

levels as (

    select
        left_side.component,
        left_side.record_id as left_node,
        right_side.record_id as right_node,
        {{ birth_date_level() }} as birth_date_level,
        {{ first_name_level() }} as first_name_level,
        left_side.first_name_key as left_first_name,
        right_side.first_name_key as right_first_name,
        {{ gender_level() }} as gender_level,
        left_side.birth_date as left_birth_date,
        right_side.birth_date as right_birth_date,
        coalesce(left_side.gender <> right_side.gender, false) as has_two_genders,
        coalesce({{ has_two_checked_tax_ids() }}, false) as has_two_tax_ids,
        coalesce({{ has_two_suffixes() }}, false) as has_two_suffixes,
        left_side.customer_type <> right_side.customer_type as has_two_types,
        {{ middle_name_level() }} as middle_name_level,
        {{ first_names_judged() }},
        {{ middle_names_judged() }},
        links.left_node is not null as is_linked,
        -- What outweighs two birth dates or two first names: a number of one person's own.
        coalesce(left_side.tax_id = right_side.tax_id or left_side.national_id = right_side.national_id, false)
            as has_own_identifier
    from members as left_side
    inner join differing on left_side.component = differing.component
    inner join members as right_side
        on
            left_side.component = right_side.component
            and left_side.record_id < right_side.record_id
    left join {{ ref('int_first_names_related') }} as related_names
        on
            left_side.first_name_key = related_names.left_key
            and right_side.first_name_key = related_names.right_key
    left join links
        on
            left_side.record_id = links.left_node
            and right_side.record_id = links.right_node
    where {{ may_contradict(telling) }}
    {{ computed_once() }}

),

final as (

    select
        {% for column in [
            'component', 'left_node', 'right_node', 'birth_date_level', 'first_name_level', 'left_first_name',
            'right_first_name', 'left_birth_date', 'right_birth_date', 'has_two_genders', 'has_two_tax_ids',
            'has_two_suffixes', 'has_two_types', 'is_linked', 'has_own_identifier',
        ] -%}
        {{ column }},
        {% endfor -%}
        coalesce({{ is_other_first_name() }}, false) as is_other_first_name,
        coalesce({{ is_other_middle_name() }}, false) as is_other_middle_name,
        {{ may_be_a_couple() }} as may_be_a_couple
    from levels

)

select * from final
