{#
    The first e-mail address in a cell, lower case, or null: without blanks around @ and points, with a point for a
    comma in the domain, with Latin letters for the Cyrillic ones that look like them. The domain may lack its point.
    Letters of any kind before the @ are read: what follows an umlaut is the end of many a mailbox.
#}
{% macro email_cleaned(expression) -%}
    {{ regexp_extracted(
        letters_replaced("translate(lower(" ~ expression ~ "), 'авсенкмортху', 'abcehkmoptxy')", [
            ('mailto:', ''), ('(at)', '@'), ('[at]', '@'), (' @', '@'), ('@ ', '@'), ('@@', '@'), (' .', '.'), ('..', '.'),
            (',ru', '.ru'), (',com', '.com'), (',net', '.net'),
        ]),
        '([a-z0-9_+%ß-žа-яё-][a-z0-9._+%ß-žа-яё-]*@[a-z0-9ß-ž-]+(?:[.][a-z0-9ß-ž-]+)*)'
    ) }}
{%- endmacro %}


{# What stands before the @, without a tag behind a plus. #}
{% macro email_local_part(email) -%}
    split_part(split_part({{ email }}, '@', 1), '+', 1)
{%- endmacro %}
