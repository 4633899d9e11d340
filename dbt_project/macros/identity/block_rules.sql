{#
    What proposes a pair: records that share one of these keys. A rule is a power of two, so that rules add up; it has a
    condition and the parts of its key, all of which have to be there. From weakest_rule() on a key says little: it
    proposes only where few share it, and in a group that is small enough for a birth date or a single name to be rare.
#}
{% macro block_rules() -%}
    {{ return({
    1: ("is_usable_email", ["email_near_key"]),
    2: (none, ["tax_id"]),
    4: (none, ["national_id"]),
    8: ("is_usable_birth_date", [to_text("birth_date"), "coalesce(left(last_name_key, 3), '')"]),
    16: (
        "is_usable_birth_date",
        [to_text("birth_date")] + in_either_order("left(last_name_key, 1)", "left(first_name_key, 1)"),
    ),
    32: ("is_usable_name", in_either_order("last_name_key", "first_name_key")),
    64: ("is_usable_name", ["last_name_key", "first_name_key", "middle_name_key"]),
    128: ("is_usable_name", in_either_order("last_name_key", "first_name_key") + ["coalesce(city_key, '')"]),
    256: ("is_usable_address", ["street_key", "address_numbers", "coalesce(city_key, '')"]),
    512: (none, ["last_name_key", "left(phone, 7)"]),
    1024: (none, ["company_key"]),
    8192: (
        "is_usable_email",
        ["nullif(" ~ letters_of_mailbox("email") ~ ", '')", "left(split_part(email, '@', 2), 2)"],
    ),
    16384: ("is_usable_birth_date", [to_text("birth_date")]),
    32768: ("length(last_name_key) > 2", ["last_name_key"]),
    65536: ("length(first_name_key) > 2", ["first_name_key"]),
    131072: (none, ["last_name_key", "postal_code"]),
    262144: (none, ["first_name_key", "postal_code"]),
    524288: (none, ["last_name_key", "left(city_key, 4)"]),
    1048576: (none, ["first_name_key", "left(city_key, 4)"]),
    2097152: ("is_usable_name", in_either_order("left(last_name_key, 3)", "left(first_name_key, 3)")),
    4194304: (
        "is_usable_name",
        in_either_order("translate(last_name_key, 'aeiou', '')", "translate(first_name_key, 'aeiou', '')"),
    ),
    8388608: ("is_usable_birth_date", [to_text("birth_date"), "coalesce(left(city_key, 3), '')"]),
    16777216: (none, ["postal_code", "address_numbers"]),
    33554432: (none, ["street_key", "postal_code"]),
    67108864: (none, ["lower(postal_code)"]),
    134217728: (
        "is_usable_name and is_usable_birth_date",
        ["cast(extract(year from birth_date) as " ~ text_type() ~ ")"]
        + in_either_order("left(last_name_key, 1)", "left(first_name_key, 1)"),
    ),
    268435456: ("is_usable_birth_date", [to_text("birth_date"), "coalesce(left(first_name_key, 3), '')"]),
}) }}
{%- endmacro %}


{#
    Whether two such keys of a block propose nothing. In a group too large for keys that say little, two records of one
    name that both tell a birth date are left to the keys of dates: of 78,000 such pairs among 850,000 records 450 were
    joined.
#}
{% macro is_left_to_dates(rule, has_birth_date) -%}
    {{ rule }} in ({{ rule_of_names() }}, {{ rule_of_names_in_full() }}) and {{ has_birth_date }}
{%- endmacro %}


{# Two parts of a key of which none is the first. #}
{% macro in_either_order(one_part, other_part) -%}
    {{ return(["least(" ~ one_part ~ ", " ~ other_part ~ ")", "greatest(" ~ one_part ~ ", " ~ other_part ~ ")"]) }}
{%- endmacro %}


{# The number of a key: no text is made of its parts, and a person never has one with a company. #}
{% macro block_id_of(rule, parts) -%}
    {%- set state = namespace(
        hashed="case customer_type when 'organisation' then " ~ (rule * 2 + 1) ~ " else " ~ (rule * 2) ~ " end"
    ) -%}
    {%- for part in parts -%}
        {%- set state.hashed = hashed_64(part, state.hashed) -%}
    {%- endfor -%}
    {{ return(state.hashed) }}
{%- endmacro %}
