{#
    The level of agreement of a pair in one attribute, as CASE expressions over two records `left_side` and
    `right_side` in the shape of int_customer_records_standardized. The levels are those of the seed match_weights;
    `missing` says nothing either way. Cheap tests stand first.
#}

{# What a pair is compared in, in the order in which it is told, and the levels that have a weight. #}
{% macro match_levels() -%}
    {{ return({
        'last_name': ['exact', 'close', 'similar', 'swapped', 'different'],
        'first_name': ['exact', 'related', 'close', 'similar', 'initial', 'swapped', 'different'],
        'middle_name': ['exact', 'close', 'similar', 'initial', 'different'],
        'birth_date': ['exact', 'near', 'part', 'year', 'different'],
        'gender': ['exact', 'different'],
        'phone': ['mobile', 'old', 'landline', 'close', 'different'],
        'email': ['exact', 'close', 'mailbox', 'alike', 'different'],
        'tax_id': ['exact', 'close', 'different'],
        'national_id': ['exact', 'close', 'different'],
        'address': ['exact', 'close', 'street', 'postal_code', 'same_city', 'different'],
        'vehicle': ['shared', 'different'],
        'company': ['exact', 'close', 'different'],
        'dealer': ['same', 'other'],
    }) }}
{%- endmacro %}

{% macro match_attributes() -%}
    {{ return(match_levels().keys() | list) }}
{%- endmacro %}

{# Attributes that nearly every record tells. #}
{% macro match_attributes_mostly_told() -%}
    {{ return(['last_name', 'first_name', 'gender', 'dealer']) }}
{%- endmacro %}

{# Attributes whose agreement weighs the more the rarer the value is. #}
{% macro match_names() -%}
    {{ return(['last_name', 'first_name', 'middle_name']) }}
{%- endmacro %}


{% macro either_missing(column) -%}
    left_side.{{ column }} is null or right_side.{{ column }} is null
{%- endmacro %}


{#
    First and last name exchanged between the two records, with a slip in either; one of the two may be missing where
    the other is equal.
#}
{% macro names_are_swapped() -%}
    left_side.first_name_key <> left_side.last_name_key
    and (
        (
            left_side.first_name_key = right_side.last_name_key
            and (
                left_side.last_name_key is null
                or right_side.first_name_key is null
                or {{ is_close('left_side.last_name_key', 'right_side.first_name_key') }}
            )
        )
        or (
            left_side.last_name_key = right_side.first_name_key
            and (
                left_side.first_name_key is null
                or right_side.last_name_key is null
                or {{ is_close('left_side.first_name_key', 'right_side.last_name_key') }}
            )
        )
        or (
            {{ is_close('left_side.last_name_key', 'right_side.first_name_key') }}
            and {{ is_close('left_side.first_name_key', 'right_side.last_name_key') }}
        )
        -- In the first name's place the second word of a double surname is read as a middle name.
        or (
            left_side.first_name_key = right_side.last_name_key
            and left_side.last_name_key = right_side.first_name_key || right_side.middle_name_key
        )
        or (
            left_side.last_name_key = right_side.first_name_key
            and right_side.last_name_key = left_side.first_name_key || left_side.middle_name_key
        )
    )
{%- endmacro %}


{# One slip in a word of four letters or more. #}
{% macro is_close(left_word, right_word) -%}
    least(length({{ left_word }}), length({{ right_word }})) >= 4
    and {{ edit_distance_up_to(left_word, right_word, 1) }} <= 1
{%- endmacro %}


{# Two slips (two exchanged letters are two) in five letters, three in nine; or a part of the other word. #}
{% macro is_similar(left_word, right_word) -%}
    (
        least(length({{ left_word }}), length({{ right_word }})) >= 5
        and {{ edit_distance_up_to(left_word, right_word, 3) }}
        <= case when least(length({{ left_word }}), length({{ right_word }})) >= 9 then 3 else 2 end
    )
    or (
        least(length({{ left_word }}), length({{ right_word }})) >= 4
        and (
            replace({{ left_word }}, {{ right_word }}, '') <> {{ left_word }}
            or replace({{ right_word }}, {{ left_word }}, '') <> {{ right_word }}
        )
    )
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
        when {{ is_close('left_side.last_name_key', 'right_side.last_name_key') }} then 'close'
        -- One of the two parts of a double surname.
        when
            least(length(left_side.last_name_key), length(right_side.last_name_key)) >= 4
            and (
                replace(left_side.last_name_key, right_side.last_name_key, '') <> left_side.last_name_key
                or replace(right_side.last_name_key, left_side.last_name_key, '') <> right_side.last_name_key
            ) then 'close'
        when {{ names_are_swapped() }} then 'swapped'
        when {{ is_similar('left_side.last_name_key', 'right_side.last_name_key') }} then 'similar'
        else 'different'
    end
{%- endmacro %}


{#
    Víctor Manuel and Manuel Vctor: two given names told in another order, with a slip in one of them, which is then not
    known for a first name. María José and José María are a woman and a man.
#}
{% macro given_names_are_swapped() -%}
    left_side.first_name_key <> right_side.first_name_key
    and coalesce(left_side.gender = right_side.gender, true)
    and (
        (
            left_side.first_name_key = right_side.middle_name_key
            and (
                left_side.middle_name_key = right_side.first_name_key
                or {{ is_close('left_side.middle_name_key', 'right_side.first_name_key') }}
            )
        )
        or (
            left_side.middle_name_key = right_side.first_name_key
            and {{ is_close('left_side.first_name_key', 'right_side.middle_name_key') }}
        )
    )
{%- endmacro %}


{# `related_names` is int_first_names_related, joined on both keys. #}
{% macro first_name_level() -%}
    case
        when {{ either_missing('first_name_key') }} then 'missing'
        when left_side.first_name_key = right_side.first_name_key
            then case when length(left_side.first_name_key) = 1 then 'initial' else 'exact' end
        when left_side.last_name_key <> right_side.last_name_key and ({{ names_are_swapped() }}) then 'swapped'
        when {{ given_names_are_swapped() }} then 'related'
        -- Александр and Александра are one letter apart, have short forms in common, and are two people.
        when left_side.gender <> right_side.gender then 'different'
        when related_names.left_key is not null then 'related'
        when
            least(length(left_side.first_name_key), length(right_side.first_name_key)) = 1
            then case
                when left(left_side.first_name_key, 1) = left(right_side.first_name_key, 1) then 'initial'
                else 'different'
            end
        when {{ is_close('left_side.first_name_key', 'right_side.first_name_key') }} then 'close'
        when {{ is_similar('left_side.first_name_key', 'right_side.first_name_key') }} then 'similar'
        else 'different'
    end
{%- endmacro %}


{% macro middle_name_level() -%}
    case
        when
            {{ either_missing('middle_name_key') }}
            or {{ surname_was_read_as_middle_name() }}
            or ({{ given_names_are_swapped() }}) then 'missing'
        when left_side.middle_name_key = right_side.middle_name_key
            then case when length(left_side.middle_name_key) = 1 then 'initial' else 'exact' end
        when
            least(length(left_side.middle_name_key), length(right_side.middle_name_key)) = 1
            then case
                when left(left_side.middle_name_key, 1) = left(right_side.middle_name_key, 1) then 'initial'
                else 'different'
            end
        when {{ is_close('left_side.middle_name_key', 'right_side.middle_name_key') }} then 'close'
        when {{ is_similar('left_side.middle_name_key', 'right_side.middle_name_key') }} then 'similar'
        else 'different'
    end
{%- endmacro %}


{#
    near: day and month exchanged or one slip; part: two of year, month and day agree, or the year where one of the
    dates is a first of January, which stands for a year alone: two of different years have nothing in common, and two
    of one year no more than it; year: less than thirteen months apart.
#}
{% macro birth_date_level() -%}
    case
        when not (left_side.is_usable_birth_date and right_side.is_usable_birth_date) then 'missing'
        when left_side.birth_date = right_side.birth_date
            then case when {{ is_first_of_january('left_side.birth_date') }} then 'part' else 'exact' end
        when
            extract(year from left_side.birth_date) = extract(year from right_side.birth_date)
            and extract(month from left_side.birth_date) = extract(day from right_side.birth_date)
            and extract(day from left_side.birth_date) = extract(month from right_side.birth_date) then 'near'
        when
            {{ edit_distance_up_to(to_text('left_side.birth_date'), to_text('right_side.birth_date'), 1) }} <= 1
            and not ({{ are_two_years_alone() }}) then 'near'
        when
            {% for part in ['year', 'month', 'day'] -%}
            {{ "+ " if not loop.first -}}
            case
                when extract({{ part }} from left_side.birth_date) = extract({{ part }} from right_side.birth_date) then 1
                else 0
            end
            {% endfor -%}
            >= 2
            and not ({{ are_two_years_alone() }}) then 'part'
        when
            extract(year from left_side.birth_date) = extract(year from right_side.birth_date)
            and (
                {{ is_first_of_january('left_side.birth_date') }}
                or {{ is_first_of_january('right_side.birth_date') }}
            ) then 'part'
        when abs({{ days_between('left_side.birth_date', 'right_side.birth_date') }}) <= 396 then 'year'
        else 'different'
    end
{%- endmacro %}

{% macro is_first_of_january(birth_date) -%}
    extract(doy from {{ birth_date }}) = 1
{%- endmacro %}

{% macro are_two_years_alone() -%}
    {{ is_first_of_january('left_side.birth_date') }}
    and {{ is_first_of_january('right_side.birth_date') }}
{%- endmacro %}


{#
    Of a surname without a first name only the feminine form tells a gender: Фролова does, and so does Фролов beside it
    or beside Фролова Анна.
#}
{% macro gender_level() -%}
    case
        when
            left_side.last_name_key = right_side.last_name_key
            and left_side.last_name <> right_side.last_name
            and (
                ({{ is_masculine_beside('left_side', 'right_side') }})
                or ({{ is_masculine_beside('right_side', 'left_side') }})
            ) then 'different'
        when {{ either_missing('gender') }} then 'missing'
        when left_side.gender = right_side.gender then 'exact'
        else 'different'
    end
{%- endmacro %}


{% macro is_masculine_beside(man, woman) -%}
    {{ woman }}.gender = 'female'
    and {{ man }}.gender is null
    and {{ man }}.first_name_key is null
    and right({{ woman }}.last_name, 1) in ('а', 'я', 'a', 'á')
    and right({{ man }}.last_name, 1) not in ('а', 'я', 'a', 'á')
{%- endmacro %}


{#
    close: one digit wrong, or two neighbours exchanged. A number is given to somebody else in the end: `old` is one
    that the two records hold more than two years apart, counted in half-years, so that a record does not change with
    each day on which it is seen.
#}
{% macro phone_level() -%}
    case
        when not (left_side.is_usable_phone and right_side.is_usable_phone) then 'missing'
        when {{ arrays_overlap('left_side.mobile_phones', 'right_side.mobile_phones') }}
            then case
                when
                    left_side.first_seen_half_year - right_side.last_seen_half_year > 4
                    or right_side.first_seen_half_year - left_side.last_seen_half_year > 4
                    then 'old'
                else 'mobile'
            end
        when {{ arrays_overlap('left_side.landline_phones', 'right_side.landline_phones') }} then 'landline'
        when
            {{ edit_distance_up_to('left_side.phone', 'right_side.phone', 2) }} <= 2
            and (
                {{ edit_distance_up_to('left_side.phone', 'right_side.phone', 1) }} <= 1
                or {{ are_neighbours_exchanged('left_side.phone', 'right_side.phone') }}
            ) then 'close'
        else 'different'
    end
{%- endmacro %}


{# Whether a number (with its + and fifteen digits at most) is the other with two neighbouring digits exchanged. #}
{% macro are_neighbours_exchanged(left_number, right_number) -%}
    (
        {% for place in range(2, 16) -%}
        {{ right_number }} = concat(
            left({{ left_number }}, {{ place - 1 }}), substr({{ left_number }}, {{ place + 1 }}, 1),
            substr({{ left_number }}, {{ place }}, 1), substr({{ left_number }}, {{ place + 2 }})
        )
        {{ "or" if not loop.last }}
        {% endfor -%}
    )
{%- endmacro %}


{# The half-year of a moment, counted: 4052 is the first of 2026. #}
{% macro half_year(moment) -%}
    cast(extract(year from {{ moment }}) as integer) * 2
    + case when extract(month from {{ moment }}) > 6 then 1 else 0 end
{%- endmacro %}


{#
    close: a slip in a common provider's name, or two slips at most; mailbox: all before the @ agrees; alike: its
    letters agree, as they do for namesakes, who make their addresses of their names and put a year behind or take
    another provider; who makes it of his phone has none.
#}
{% macro email_level() -%}
    case
        when not (left_side.is_usable_email and right_side.is_usable_email) then 'missing'
        when left_side.email = right_side.email then 'exact'
        when left_side.email_near_key = right_side.email_near_key then 'close'
        when
            {{ edit_distance_up_to('left_side.email', 'right_side.email', 2) }} <= 2
            and {{ regexp_replaced('left_side.email', '[^0-9]') }} = {{ regexp_replaced('right_side.email', '[^0-9]') }}
            then 'close'
        -- Most are apart already in the letters before the @, without which no more is alike.
        when {{ letters_of_mailbox('left_side.email') }} <> {{ letters_of_mailbox('right_side.email') }} then 'different'
        when
            length(split_part(left_side.email, '@', 1)) >= 5
            and split_part(left_side.email, '@', 1) = split_part(right_side.email, '@', 1)
            then 'mailbox'
        when {{ letters_of_mailbox('left_side.email') }} <> '' then 'alike'
        else 'different'
    end
{%- endmacro %}


{# What stands before the @ without figures and marks: two translations cost a tenth of two regular expressions. #}
{% macro letters_of_mailbox(email) -%}
    translate(split_part({{ email }}, '@', 1), '0123456789._-+', '')
{%- endmacro %}


{% macro number_level(column) -%}
    case
        when {{ either_missing(column) }} then 'missing'
        when left_side.{{ column }} = right_side.{{ column }} then 'exact'
        when {{ edit_distance_up_to("left_side." ~ column, "right_side." ~ column, 2) }} <= 2 then 'close'
        else 'different'
    end
{%- endmacro %}


{#
    exact: street, house and flat; close: the same numbers in a street misspelt or told in part; street: other numbers
    in it, or the same in a town misspelt; then the postal code, then the town. Every town has a Lenin street, and a
    house 5 in it. One attribute, because they all agree together for people of one house.
#}
{% macro address_level() -%}
    coalesce(
        case
            when {{ either_missing('street_key') }} then null
            when
                left_side.street_key = right_side.street_key
                and left_side.address_numbers = right_side.address_numbers
                and {{ is_one_place('true') }} then 'exact'
            when
                left_side.address_numbers = right_side.address_numbers
                and {{ is_one_street() }}
                and {{ is_one_place('true') }} then 'close'
            when
                {{ is_one_street() }}
                and (
                    {{ is_one_place('false') }}
                    or (left_side.address_numbers = right_side.address_numbers and {{ is_nearly_one_town() }})
                ) then 'street'
        end,
        case
            when lower(left_side.postal_code) = lower(right_side.postal_code) then 'postal_code'
            when left_side.city_key = right_side.city_key then 'same_city'
            when {{ is_nearly_one_town() }} then 'same_city'
            when
                not ({{ either_missing('city_key') }})
                or not ({{ either_missing('street_key') }})
                or not ({{ either_missing('postal_code') }}) then 'different'
            else 'missing'
        end
    )
{%- endmacro %}

{% macro is_one_street() -%}
    (
        left_side.street_key = right_side.street_key
        or (
            least(length(left_side.street_key), length(right_side.street_key)) >= 6
            and (
                4 * {{ edit_distance_up_to('left_side.street_key', 'right_side.street_key', 3) }}
                <= least(length(left_side.street_key), length(right_side.street_key))
                or left(left_side.street_key, least(length(left_side.street_key), length(right_side.street_key)))
                = left(right_side.street_key, least(length(left_side.street_key), length(right_side.street_key)))
            )
        )
    )
{%- endmacro %}

{# What is close in five letters or more is similar. #}
{% macro is_nearly_one_town() -%}
    (
        {{ is_similar('left_side.city_key', 'right_side.city_key') }}
        or (
            least(length(left_side.city_key), length(right_side.city_key)) = 4
            and {{ edit_distance_up_to('left_side.city_key', 'right_side.city_key', 1) }} <= 1
        )
    )
{%- endmacro %}

{# Whether town or postal code agree; `if_unknown` stands for a town that one of the two does not tell. #}
{% macro is_one_place(if_unknown) -%}
    (
        coalesce(left_side.city_key = right_side.city_key, {{ if_unknown }})
        or coalesce(left_side.postal_code = right_side.postal_code, false)
    )
{%- endmacro %}


{% macro vehicle_level() -%}
    case
        when {{ either_missing('vins') }} then 'missing'
        when {{ arrays_overlap('left_side.vins', 'right_side.vins') }} then 'shared'
        else 'different'
    end
{%- endmacro %}


{# Where the group has one dealer, that says nothing. `dealers` is one row with their number. #}
{% macro dealer_level() -%}
    case
        when (select dealers.dealer_count from dealers) < 2 then 'missing'
        when left_side.dealer_code = right_side.dealer_code then 'same'
        else 'other'
    end
{%- endmacro %}
