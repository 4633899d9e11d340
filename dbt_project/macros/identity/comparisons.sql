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
        -- Александр and Александра are one letter apart, have short forms in common, and are two people.
        when left_side.gender <> right_side.gender then 'different'
        when related_names.left_key is not null then 'related'
        when
            least(length(left_side.first_name_key), length(right_side.first_name_key)) = 1
            then case
                when left(left_side.first_name_key, 1) = left(right_side.first_name_key, 1) then 'initial' else 'different'
            end
        when {{ is_misspelt('first_name_key') }} then 'close'
        else 'different'
    end
{%- endmacro %}


{# Further apart than slips bring a name: three edits, half of a short name, another initial or another gender. #}
{% macro is_other_first_name() -%}
    {{ first_name_level() }} = 'different'
    and (
        {{ edit_distance_up_to('left_side.first_name_key', 'right_side.first_name_key', 2) }}
        >= least(
            3.0,
            least(length(left_side.first_name_key), length(right_side.first_name_key)) / 2.0
        )
        or coalesce(left_side.gender <> right_side.gender, false)
    )
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


{#
    close: two slips at most; alike: the letters before the @ agree, as they do for namesakes, who make their addresses
    of their names and put a year behind or take another provider.
#}
{% macro email_level() -%}
    case
        when not (left_side.is_usable_email and right_side.is_usable_email) then 'missing'
        when left_side.email = right_side.email then 'exact'
        when
            {{ edit_distance_up_to('left_side.email', 'right_side.email', 2) }} <= 2
            and {{ regexp_replaced('left_side.email', '[^0-9]') }} = {{ regexp_replaced('right_side.email', '[^0-9]') }}
            then 'close'
        when
            {{ regexp_replaced("split_part(left_side.email, '@', 1)", '[^a-zа-я]') }}
            = {{ regexp_replaced("split_part(right_side.email, '@', 1)", '[^a-zа-я]') }}
            then 'alike'
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


{#
    What no score outweighs, from the levels of a pair. Two birth dates stand against everything but an identifier of
    one person's own; what several people share (family name, address, car, landline) is none.
#}
{% macro hard_rule() -%}
    case
        when tax_id_level in ('close', 'different') then 'two tax numbers'
        when customer_type = 'organisation' then null
        when birth_date_level = 'different' and is_other_first_name then 'two birth dates and two first names'
        when
            birth_date_level = 'different'
            and tax_id_level <> 'exact'
            and national_id_level <> 'exact'
            and email_level <> 'exact'
            and phone_level <> 'mobile'
            then 'two birth dates'
        when
            is_other_first_name
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
    end
{%- endmacro %}


{# Namesakes are normal: a name asks for something beside it, however rare it is. #}
{% macro is_name_alone() -%}
    phone_level in ('missing', 'different')
    and email_level in ('missing', 'alike', 'different')
    and birth_date_level in ('missing', 'part', 'different')
    and address_level not in ('exact', 'close')
    and vehicle_level <> 'shared'
    and tax_id_level <> 'exact'
    and national_id_level not in ('exact', 'close')
{%- endmacro %}
