{#
    What speaks against one person whatever the score says, and where a score alone is not enough, from the levels of a
    pair (comparisons.sql) and what is compared beside them.
#}


{#
    Whether the model that scores takes a difference for a contradiction. A default model does; one that was trained on
    data full of slips, where the birth dates of one person often differ, lets the score decide. First names, which tell a
    family apart, lose their say only where one person's differ in one pair of eight.
#}
{% macro is_reliable(attribute, level='different') -%}
    {{ weight_chosen(attribute, level) }} <= {{ -3 if attribute == 'first_name' else -5 }}
{%- endmacro %}


{#
    Further apart than slips bring a name: three edits, half of a short name, another initial or another gender; or
    both are names that many people bear, as Анна and Жанна. Where the birth date agrees, both have to be names at all,
    or of a woman and a man: twins have two, and what nobody else is called is a garbled one. From the levels and what
    first_names_judged() found beside.
#}
{% macro is_other_first_name() -%}
    (first_name_level in ('close', 'similar', 'different') and are_frequent_first_names and are_whole_first_names)
    or (
        first_name_level = 'different'
        and are_far_first_names
        and (may_be_of_twins or not are_whole_first_names or birth_date_level not in ('exact', 'near'))
    )
{%- endmacro %}

{% macro first_names_judged() -%}
    (left_side.first_name_share is not null and right_side.first_name_share is not null)
    or coalesce(left_side.gender <> right_side.gender, false) as may_be_of_twins,
    left_side.first_name_share >= {{ share_of_frequent_first_names() }}
    and right_side.first_name_share >= {{ share_of_frequent_first_names() }} as are_frequent_first_names,
    length(left_side.first_name_key) > 1 and length(right_side.first_name_key) > 1 as are_whole_first_names,
    left_side.first_name_key <> right_side.first_name_key
    and (
        2 * {{ edit_distance_up_to('left_side.first_name_key', 'right_side.first_name_key', 2) }}
        >= least(6, length(left_side.first_name_key), length(right_side.first_name_key))
        or coalesce(left_side.gender <> right_side.gender, false)
    ) as are_far_first_names
{%- endmacro %}


{# A name that many bear: in a small group, whose version counts its own, that is five; two records may share a slip. #}
{% macro share_of_frequent_first_names() -%}
    (
        select greatest(0.0005, 5 / max(settings.value))
        from {{ ref('int_match_settings_chosen') }} as settings
        where settings.setting = 'prior_records'
    )
{%- endmacro %}


{#
    Of two first names that many people bear, neither is a slip of the other: where surname, home and even birth date
    agree, they are twins or a couple.
#}
{% macro are_two_known_first_names() -%}
    first_name_level = 'different'
    and ({{ is_other_first_name() }})
    and are_frequent_first_names
{%- endmacro %}


{# Two fathers: patronymics that exist, and that no slip brings together. From the level and middle_names_judged(). #}
{% macro is_other_middle_name() -%}
    middle_name_level = 'different' and are_known_middle_names
{%- endmacro %}

{% macro middle_names_judged() -%}
    length(left_side.middle_name_key) > 1
    and length(right_side.middle_name_key) > 1
    and left_side.middle_name_share is not null
    and right_side.middle_name_share is not null as are_known_middle_names
{%- endmacro %}


{# John Smith Jr and John Smith Sr are father and son. #}
{% macro has_two_suffixes() -%}
    left_side.name_suffix <> right_side.name_suffix
{%- endmacro %}


{# Numbers with wrong check digits, or of an authority whose rule is not known, may be slips of one another. #}
{% macro has_two_checked_tax_ids() -%}
    left_side.tax_id <> right_side.tax_id
    and left_side.is_tax_id_checked
    and right_side.is_tax_id_checked
{%- endmacro %}


{#
    Two birth dates: further apart than slips bring them, each distance as far as the model takes it for a
    contradiction. In old registers dates of one person are often some months apart, hardly ever years.
#}
{% macro has_two_birth_dates() -%}
    (
        (birth_date_level = 'different' and {{ is_reliable('birth_date') }})
        or (birth_date_level = 'year' and {{ is_reliable('birth_date', 'year') }})
    )
{%- endmacro %}


{#
    What no score outweighs, from the levels of a pair. Two birth dates, and two first names, stand against everything
    but a number that the state gives to one person; what several people share (family name, phone, e-mail, address,
    car) is none, and of a couple one gives the other's number. Where first names are full of slips, a birth date, an
    e-mail or nearly a number of one's own still stands against two of them. Two companies share a phone, an office, a
    car.
#}
{% macro hard_rule() -%}
    case
        when has_two_checked_tax_ids then 'two tax numbers'
        when customer_type = 'organisation'
            then case when company_level = 'different' and tax_id_level <> 'exact' then 'two company names' end
        when
            are_two_known_first_names
            and {{ is_reliable('first_name') }}
            and tax_id_level <> 'exact'
            and birth_date_level not in ('exact', 'near') then 'two first names'
        when tax_id_level = 'exact' or national_id_level = 'exact' then null
        when
            birth_date_level in ('year', 'different')
            and first_name_level = 'different'
            and is_other_first_name then 'two birth dates and two first names'
        when {{ has_two_birth_dates() }} then 'two birth dates'
        when
            is_other_first_name
            and (
                {{ is_reliable('first_name') }}
                or (
                    birth_date_level not in ('exact', 'near')
                    and email_level not in ('exact', 'close')
                    and national_id_level <> 'close'
                )
            ) then 'two first names'
        when has_two_suffixes and birth_date_level <> 'exact' then 'two generations'
        when is_other_middle_name and birth_date_level <> 'exact' and {{ is_reliable('middle_name') }}
            then 'two patronymics'
        when
            last_name_level in ('different', 'missing')
            and first_name_level in ('different', 'missing')
            and birth_date_level not in ('exact', 'near')
            and not (email_level = 'exact' and birth_date_level <> 'missing')
            then 'no name in common'
    end
{%- endmacro %}


{# Whether hardly anything beside the name speaks for one person. Namesakes make e-mail addresses of one pattern. #}
{% macro rests_on_name() -%}
    greatest(
        phone_bits,
        case when email_level in ('exact', 'close') then email_bits else 0 end,
        birth_date_bits,
        address_bits,
        vehicle_bits,
        tax_id_bits,
        national_id_bits
    ) < 2
{%- endmacro %}


{# A woman and a man of whom one tells no first name: Фролова with Фролов's phone may be his wife. #}
{% macro may_be_a_couple(prefix='') -%}
    {{ prefix }}first_name_level = 'missing' and {{ prefix }}gender_level = 'different'
{%- endmacro %}


{#
    Namesakes are normal: where the name is all, more is asked of it. At one dealer a name in all its three parts is
    more: what it weighs decides.
#}
{% macro is_name_alone() -%}
    rests_on_name
    and not (
        first_name_level = 'exact'
        and middle_name_level in ('exact', 'initial')
        and dealer_level <> 'other'
    )
{%- endmacro %}


{#
    Whether two records say anything that may contradict, by the columns that tell. Records that say the same do not
    contradict each other, however many there are. Фролов beside Фролова Анна tells neither another gender nor another
    first name.
#}
{% macro may_contradict(telling) -%}
    (
        {% for column in telling -%}
        left_side.{{ column }} <> right_side.{{ column }}
        or
        {% endfor -%}
        (
            ({{ either_missing('first_name_key') }})
            and left_side.last_name_key = right_side.last_name_key
            and left_side.last_name <> right_side.last_name
        )
    )
{%- endmacro %}
