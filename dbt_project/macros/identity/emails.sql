{#
    An e-mail address in the one form that its mailbox has: lower case, without a tag behind a plus, Yandex's other
    domains as yandex.ru with dots for dashes, Google's without dots. Null where the cell holds no address.
#}
{% macro email_normalised(expression) -%}
    case
        when {{ email_cleaned(expression) }} is null then null
        when {{ regexp_matched(email_cleaned(expression), '@(ya[.]ru|yandex[.](ru|com|by|kz|ua|net)|narod[.]ru)$') }}
            then concat(replace({{ email_local_part(email_cleaned(expression)) }}, '-', '.'), '@yandex.ru')
        when {{ regexp_matched(email_cleaned(expression), '@(gmail|googlemail)[.]com$') }}
            then concat(replace({{ email_local_part(email_cleaned(expression)) }}, '.', ''), '@gmail.com')
        else concat(
            {{ email_local_part(email_cleaned(expression)) }}, '@', split_part({{ email_cleaned(expression) }}, '@', 2)
        )
    end
{%- endmacro %}

{% macro email_cleaned(expression) -%}
    {{ regexp_extracted("replace(lower(" ~ expression ~ "), 'mailto:', '')",
        '([a-z0-9а-яё._+%-]+@[a-z0-9а-яё-]+([.][a-z0-9а-яё-]+)+)') }}
{%- endmacro %}

{# What stands before the @, without a tag behind a plus. #}
{% macro email_local_part(email) -%}
    split_part(split_part({{ email }}, '@', 1), '+', 1)
{%- endmacro %}
