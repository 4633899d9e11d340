{#
    The level of agreement of a pair in one attribute, as CASE expressions over two records `left_side` and
    `right_side` in the shape of int_customer_records_standardized. The levels are those of the seed match_weights.
#}

{% macro either_missing(column) -%}
    left_side.{{ column }} is null or right_side.{{ column }} is null
{%- endmacro %}


{# First and last name exchanged between the two records. #}
{% macro names_are_swapped() -%}
    left_side.first_name_key = right_side.last_name_key
    and left_side.last_name_key = right_side.first_name_key
    and left_side.first_name_key <> left_side.last_name_key
{%- endmacro %}


{# Two slips in long words, one in others, none in the shortest. #}
{% macro is_misspelt(column) -%}
    least(length(left_side.{{ column }}), length(right_side.{{ column }})) >= 4
    and {{ edit_distance_up_to("left_side." ~ column, "right_side." ~ column, 2) }}
    <= case when least(length(left_side.{{ column }}), length(right_side.{{ column }})) >= 8 then 2 else 1 end
{%- endmacro %}


{# Геннадий Романович: whether Романович is his father's name or his own, the other record tells. #}
{% macro surname_was_read_as_middle_name() -%}
    (left_side.last_name_key is null and left_side.middle_name_key = right_side.last_name_key)
    or (right_side.last_name_key is null and right_side.middle_name_key = left_side.last_name_key)
{%- endmacro %}


{% macro last_name_level() -%}
    case
        when {{ surname_was_read_as_middle_name() }} then 'exact'
        when {{ either_missing('last_name_key') }} then 'missing'
        when left_side.last_name_key = right_side.last_name_key then 'exact'
        when {{ names_are_swapped() }} then 'swapped'
        when {{ is_misspelt('last_name_key') }} then 'close'
        -- One of the two parts of a double surname.
        when
            least(length(left_side.last_name_key), length(right_side.last_name_key)) >= 4
            and (
                replace(left_side.last_name_key, right_side.last_name_key, '') <> left_side.last_name_key
                or replace(right_side.last_name_key, left_side.last_name_key, '') <> right_side.last_name_key
            ) then 'close'
        else 'different'
    end
{%- endmacro %}


{# `related_names` is int_first_names_related, joined on both keys. #}
{% macro first_name_level() -%}
    case
        when {{ either_missing('first_name_key') }} then 'missing'
        when left_side.first_name_key = right_side.first_name_key
            then case when length(left_side.first_name_key) = 1 then 'initial' else 'exact' end
        when {{ names_are_swapped() }} then 'swapped'
        when related_names.left_key is not null then 'related'
        when
            least(length(left_side.first_name_key), length(right_side.first_name_key)) = 1
            then case
                when left(left_side.first_name_key, 1) = left(right_side.first_name_key, 1) then 'initial' else 'different'
            end
        -- Александр and Александра are one letter apart and two people.
        when left_side.gender <> right_side.gender then 'different'
        when {{ is_misspelt('first_name_key') }} then 'close'
        else 'different'
    end
{%- endmacro %}


{% macro middle_name_level() -%}
    case
        when {{ either_missing('middle_name_key') }} or {{ surname_was_read_as_middle_name() }} then 'missing'
        when left_side.middle_name_key = right_side.middle_name_key
            then case when length(left_side.middle_name_key) = 1 then 'initial' else 'exact' end
        when
            least(length(left_side.middle_name_key), length(right_side.middle_name_key)) = 1
            then case
                when left(left_side.middle_name_key, 1) = left(right_side.middle_name_key, 1) then 'initial'
                else 'different'
            end
        when {{ is_misspelt('middle_name_key') }} then 'close'
        else 'different'
    end
{%- endmacro %}


{# near: day and month exchanged or one slip; part: two of year, month and day agree. #}
{% macro birth_date_level() -%}
    case
        when not (left_side.is_usable_birth_date and right_side.is_usable_birth_date) then 'missing'
        when left_side.birth_date = right_side.birth_date then 'exact'
        when
            extract(year from left_side.birth_date) = extract(year from right_side.birth_date)
            and extract(month from left_side.birth_date) = extract(day from right_side.birth_date)
            and extract(day from left_side.birth_date) = extract(month from right_side.birth_date) then 'near'
        when
            {{ edit_distance_up_to(to_text('left_side.birth_date'), to_text('right_side.birth_date'), 1) }} <= 1 then 'near'
        when
            case when extract(year from left_side.birth_date) = extract(year from right_side.birth_date) then 1 else 0 end
            + case when extract(month from left_side.birth_date) = extract(month from right_side.birth_date) then 1 else 0 end
            + case when extract(day from left_side.birth_date) = extract(day from right_side.birth_date) then 1 else 0 end
            >= 2 then 'part'
        else 'different'
    end
{%- endmacro %}


{% macro gender_level() -%}
    case
        when {{ either_missing('gender') }} then 'missing'
        when left_side.gender = right_side.gender then 'exact'
        else 'different'
    end
{%- endmacro %}


{% macro phone_level() -%}
    case
        when not (left_side.is_usable_phone and right_side.is_usable_phone) then 'missing'
        when {{ arrays_overlap('left_side.mobile_phones', 'right_side.mobile_phones') }} then 'mobile'
        when {{ arrays_overlap('left_side.landline_phones', 'right_side.landline_phones') }} then 'landline'
        when {{ edit_distance_up_to('left_side.phone', 'right_side.phone', 2) }} <= 1 then 'close'
        else 'different'
    end
{%- endmacro %}


{% macro email_level() -%}
    case
        when not (left_side.is_usable_email and right_side.is_usable_email) then 'missing'
        when left_side.email = right_side.email then 'exact'
        when {{ edit_distance_up_to('left_side.email', 'right_side.email', 2) }} <= 2 then 'close'
        when
            split_part(left_side.email, '@', 1) = split_part(right_side.email, '@', 1)
            and length(split_part(left_side.email, '@', 1)) >= 6 then 'close'
        else 'different'
    end
{%- endmacro %}


{% macro number_level(column) -%}
    case
        when {{ either_missing(column) }} then 'missing'
        when left_side.{{ column }} = right_side.{{ column }} then 'exact'
        when {{ edit_distance_up_to("left_side." ~ column, "right_side." ~ column, 2) }} <= 2 then 'close'
        else 'different'
    end
{%- endmacro %}


{% macro address_level() -%}
    case
        when left_side.street_key is null or right_side.street_key is null
            then case
                when {{ either_missing('city_key') }} then 'missing'
                when left_side.city_key = right_side.city_key then 'same_city'
                else 'missing'
            end
        when left_side.address_numbers = right_side.address_numbers and left_side.street_key = right_side.street_key
            then 'exact'
        when left_side.address_numbers = right_side.address_numbers
            and {{ edit_distance_up_to('left_side.street_key', 'right_side.street_key', 3) }} <= 3 then 'close'
        when left_side.city_key = right_side.city_key then 'same_city'
        else 'different'
    end
{%- endmacro %}


{% macro vehicle_level() -%}
    case
        when {{ either_missing('vins') }} then 'missing'
        when {{ arrays_overlap('left_side.vins', 'right_side.vins') }} then 'shared'
        else 'different'
    end
{%- endmacro %}


{# Whether two arrays have an element in common; null where one of them is null. #}
{% macro arrays_overlap(left_expression, right_expression) -%}
    {{ return(adapter.dispatch('arrays_overlap')(left_expression, right_expression)) }}
{%- endmacro %}

{% macro postgres__arrays_overlap(left_expression, right_expression) -%}
    ({{ left_expression }} && {{ right_expression }})
{%- endmacro %}

{% macro spark__arrays_overlap(left_expression, right_expression) -%}
    arrays_overlap({{ left_expression }}, {{ right_expression }})
{%- endmacro %}
