{#
    What proposes a pair: records that share one of these keys. A rule is a power of two, so that rules add up. From
    weakest_rule() on a key says little: it proposes only where few share it, and in a group that is small enough for
    a birth date or a single name to be rare.
#}
{% macro block_rules() -%}
    {{ return({
    1: "case when is_usable_email then email_near_key end",
    2: "tax_id",
    4: "national_id",
    8: "case when is_usable_birth_date then concat_ws('|', birth_date, left(last_name_key, 3)) end",
    16: "case when is_usable_birth_date then concat_ws('|', birth_date, left(first_name_key, 3)) end",
    32: "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key)) end",
    64: "case when is_usable_name then last_name_key || '|' || first_name_key || '|' || middle_name_key end",
    128: "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key), city_key) end",
    256: "case when is_usable_address then concat_ws('|', street_key, address_numbers, city_key) end",
    512: "last_name_key || '|' || left(phone, 7)",
    1024: "company_key",
    8192: "case when is_usable_email then nullif(" ~ letters_of_mailbox('email')
        ~ ", '') || '|' || left(split_part(email, '@', 2), 2) end",
    16384: "case when is_usable_birth_date then cast(birth_date as " ~ text_type() ~ ") end",
    32768: "case when length(last_name_key) > 2 then last_name_key end",
    65536: "case when length(first_name_key) > 2 then first_name_key end",
    131072: "last_name_key || '|' || postal_code",
    262144: "first_name_key || '|' || postal_code",
    524288: "last_name_key || '|' || left(city_key, 4)",
    1048576: "first_name_key || '|' || left(city_key, 4)",
    2097152: "case when is_usable_name then concat_ws('|', least(left(last_name_key, 3), left(first_name_key, 3)),"
        ~ " greatest(left(last_name_key, 3), left(first_name_key, 3))) end",
    4194304: "case when is_usable_name then concat_ws('|', "
        ~ "least(translate(last_name_key, 'aeiou', ''), translate(first_name_key, 'aeiou', '')), "
        ~ "greatest(translate(last_name_key, 'aeiou', ''), translate(first_name_key, 'aeiou', ''))) end",
    8388608: "case when is_usable_birth_date then concat_ws('|', birth_date, left(city_key, 3)) end",
    16777216: "postal_code || '|' || address_numbers",
    33554432: "street_key || '|' || postal_code",
    67108864: "lower(postal_code)",
    134217728: "case when is_usable_name and is_usable_birth_date then concat_ws('|', extract(year from birth_date), "
        ~ "least(left(last_name_key, 1), left(first_name_key, 1)), "
        ~ "greatest(left(last_name_key, 1), left(first_name_key, 1))) end",
}) }}
{%- endmacro %}
