{#
    What proposes a pair: records that share one of these keys, by what they are made of: those of names alone may be
    left to those of dates. A rule is a power of two, so that rules add up; it has a condition and the parts of its key,
    all of which have to be there. From weakest_rule() on a key says little: it proposes only where few share it, and in
    a group that is small enough for a birth date or a single name to be rare. Where two initials or the beginning of a
    number have to agree (16, 512), the gender has to as well: among 850,000 records none of 29,000 pairs was joined that
    such a key alone proposed and that told two, and 9 of 900 of which one told none.
#}
{% macro block_rules() -%}
    {%- set told_gender = ["coalesce(gender, '')"] -%}
    {{ return({
    'date': {
        8: ("is_usable_birth_date", [to_text("birth_date"), "coalesce(left(last_name_key, 3), '')"]),
        16: (
            "is_usable_birth_date",
            [to_text("birth_date")]
            + in_either_order("left(last_name_key, 1)", "left(first_name_key, 1)")
            + told_gender,
        ),
        16384: ("is_usable_birth_date", [to_text("birth_date")]),
        8388608: ("is_usable_birth_date", [to_text("birth_date"), "coalesce(left(city_key, 3), '')"]),
        134217728: (
            "is_usable_name and is_usable_birth_date",
            ["cast(extract(year from birth_date) as " ~ text_type() ~ ")"]
            + in_either_order("left(last_name_key, 1)", "left(first_name_key, 1)"),
        ),
        268435456: ("is_usable_birth_date", [to_text("birth_date"), "coalesce(left(first_name_key, 3), '')"]),
    },
    'name': {
        32: ("is_usable_name", in_either_order("last_name_key", "first_name_key")),
        64: ("is_usable_name", ["last_name_key", "first_name_key", "middle_name_key"]),
        128: ("is_usable_name", in_either_order("last_name_key", "first_name_key") + ["coalesce(city_key, '')"]),
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
    },
    'other': {
        1: ("is_usable_email", ["email_near_key"]),
        2: (none, ["tax_id"]),
        4: (none, ["national_id"]),
        256: ("is_usable_address", ["street_key", "address_numbers", "coalesce(city_key, '')"]),
        512: (none, ["last_name_key", "left(phone, 7)"] + told_gender),
        1024: (none, ["company_key"]),
        8192: (
            "is_usable_email",
            ["nullif(" ~ letters_of_mailbox("email") ~ ", '')", "left(split_part(email, '@', 2), 2)"],
        ),
        16777216: (none, ["postal_code", "address_numbers"]),
        33554432: (none, ["street_key", "postal_code"]),
        67108864: (none, ["lower(postal_code)"]),
    },
}) }}
{%- endmacro %}


{# The same by lists, of which each value is a key; they are of the sort `other`. #}
{% macro block_rules_of_lists() -%}
    {{ return({
        2048: arrays_joined(["mobile_phones", "landline_phones"]),
        4096: "vins",
    }) }}
{%- endmacro %}


{# Two parts of a key of which none is the first. #}
{% macro in_either_order(one_part, other_part) -%}
    {{ return(["least(" ~ one_part ~ ", " ~ other_part ~ ")", "greatest(" ~ one_part ~ ", " ~ other_part ~ ")"]) }}
{%- endmacro %}


{#
    The number of a key: no text is made of its parts, and a person never has one with a company. Its last five bits are
    the place of its rule.
#}
{% macro block_id_of(rule, parts) -%}
    {%- set state = namespace(
        hashed="case customer_type when 'organisation' then " ~ (rule * 2 + 1) ~ " else " ~ (rule * 2) ~ " end"
    ) -%}
    {%- for part in parts -%}
        {%- set state.hashed = hashed_64(part, state.hashed) -%}
    {%- endfor -%}
    {{ return("(" ~ state.hashed ~ " & -32 | " ~ (rule.bit_length() - 1) ~ ")") }}
{%- endmacro %}


{# The rule whose key has this number. #}
{% macro rule_of_block(block_id) -%}
    cast(power(2, {{ block_id }} & 31) as integer)
{%- endmacro %}
