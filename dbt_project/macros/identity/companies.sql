{# The text of a company's name: lower case, quotes and points as blanks, a blank at either end. #}
{% macro company_text(expression) -%}
    concat(' ', {{ regexp_replaced("replace(lower(" ~ expression ~ "), 'ё', 'е')", '[^a-zа-яß-ɏ0-9&-]+', ' ') }}, ' ')
{%- endmacro %}


{#
    Legal forms as company_text writes them. An entrepreneur (ИП) buys as a business, apart from the person he is. Zeros
    typed for ООО stand in front, and forms that may be initials at the end.
#}
{% macro legal_forms() -%}
    ооо|о о о|(?<=^ {1,2})000|o o o|ип|оао|зао|пао|нао|ао|одо|тоо|гуп|муп|фгуп|фгбу|фгку|фгау|гбу|гбоу|гбуз|фгбоу|гку|гау|мбу|мбоу|мбдоу|мкоу|мку|мау|ано|нко|снт|тсж|тсн|жск|гск|пк|кфх|чуп|чоп|ooo|oao|zao|общество с ограниченной ответственностью|публичное акционерное общество|закрытое акционерное общество|открытое акционерное общество|акционерное общество|товарищество с ограниченной ответственностью|индивидуальный предприниматель|llc|l l c|ltd|limited|inc|incorporated|corp|corporation|plc|llp|pllc|gmbh & co kg|gmbh co kg|gmbh|mbh|kgaa|ohg|gbr|sarl|eurl|srl|s r l|s p a|s a s(?= *$)|a ş(?= *$)|ltd şti|oyj|kft|zrt|d o o|sp z o o|sp z oo|spółka z o o|spolka z o o|spolka|s r o|ltda|eireli|pty|pvt|fze|fzco|jsc|ojsc|cjsc|pjsc
{%- endmacro %}


{# What may be a legal form or the kind of a business, and may be a person's name as well. #}
{% macro company_words() -%}
    тов|kg|ag|sa|bv|nv|oy|ab|as|co|sl|se|pao|ao|too|spa|aps|doo|sro|[а-я]*банк[а-я]*|[а-я]*лизинг[а-я]*|[а-я]*страхован[а-я]*|администрация|управление|министерство|департамент|комитет|завод|комбинат|фабрика|университет|институт|академия|школа|больница|поликлиника|фонд|союз|ассоциация|такси|[а-я]*логистик[а-я]*|холдинг|группа компаний|корпорация|предприятие|компания|фирма|агентство|торговый дом|автосалон|учреждение|bank|leasing|lizing|insurance|holding|group|trading|motors|logistics|university|college|hospital|school|council|ministry|department|foundation|association|company|enterprises|services|solutions|rentals|rent-a-car|taxi|магазин|кафе|салон|ресторан|аптека|гостиница|клиника|стоматология|hotel|restaurant|cafe|salon|shop|store|apteka|sklep|restauracja|kwiaciarnia|gasthof|gasthaus|bäckerei|apotheke|autohaus|consulting|construction|partners|sons|bros|brothers
{%- endmacro %}


{# Whether a name is a company's: it carries a legal form, or all of it stands in quotes. #}
{% macro is_company_name(expression) -%}
    (
        {{ regexp_matched(company_text(expression), ' (' ~ legal_forms() | trim ~ ') ') }}
        or {{ regexp_matched(expression, '^ *[«"“„].+[»"”“] *$') }}
    )
{%- endmacro %}


{# Whether a cell for a company's name holds a person's of three words, the patronymic last or before the surname. #}
{% macro is_full_name(expression) -%}
    {{ regexp_matched(
        "lower(" ~ expression ~ ")",
        '^[а-яё-]+ [а-яё-]+ ([а-яё]+(ович|евич|овна|евна|ична)|ильич)$|^[а-яё-]+ ([а-яё]+(ович|евич|овна|евна|ична)|ильич) [а-яё-]+$'
    ) }}
{%- endmacro %}


{# Whether a name without a first name that is known would be a company's: a word of business, or quotes within. #}
{% macro may_be_company_name(expression) -%}
    (
        {{ regexp_matched(
            company_text(expression),
            '[^ ] (' ~ company_words() | trim ~ ') | (' ~ company_words() | trim ~ ') [^ ]| [а-я]+(банк|лизинг) '
        ) }}
        or {{ regexp_matched(expression, '[«"“„].+[»"”“]') }}
    )
{%- endmacro %}


{# What is left of a company's name to compare: no legal form, no blanks, one spelling for Cyrillic and Latin. #}
{% macro company_key(expression) -%}
    nullif({{ name_key("replace(" ~ regexp_replaced(
        company_text(expression), ' (' ~ legal_forms() | trim ~ '|тов|kg|ag|sa|bv|nv|oy|ab|co|pao|ao|too) ', ' '
    ) ~ ", ' ', '')") }}, '')
{%- endmacro %}


{#
    The digits of a Russian tax number (ИНН): without the heading of a form, a second number behind a slash (КПП) and
    what a spreadsheet puts behind, and with the zero before that it takes away.
#}
{% macro tax_id_digits(expression) -%}
    {%- set digits = regexp_replaced("split_part(" ~ letters_replaced("lower(" ~ expression ~ ")", [('инн/кпп', ''), ('.0', '')]) ~ ", '/', 1)", '[^0-9]') -%}
    concat(case when length({{ digits }}) in (9, 11) then '0' else '' end, {{ digits }})
{%- endmacro %}


{# A Russian tax number (ИНН) whose check digits are right, 10 digits for a company, 12 for a person; else null. #}
{% macro tax_id_valid(expression) -%}
    case
        when {{ regexp_matched(expression, '^[0-9]{10}$') }} and {{ expression }} <> '0000000000'
            and {{ check_digit(expression, [2, 4, 10, 3, 5, 9, 4, 6, 8]) }} = substr({{ expression }}, 10, 1)
            then {{ expression }}
        when {{ regexp_matched(expression, '^[0-9]{12}$') }} and {{ expression }} <> '000000000000'
            and {{ check_digit(expression, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) }} = substr({{ expression }}, 11, 1)
            and {{ check_digit(expression, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) }} = substr({{ expression }}, 12, 1)
            then {{ expression }}
    end
{%- endmacro %}

{% macro check_digit(expression, weights) -%}
    {{ to_text("((" ~ digit_products(expression, weights) ~ ") % 11) % 10") }}
{%- endmacro %}

{% macro digit_products(expression, weights) -%}
    {%- for weight in weights -%}
    {{ weight }} * cast(substr({{ expression }}, {{ loop.index }}, 1) as integer){{ " + " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#
    A number of another country's authority, or a document's, of which no rule is known: letters and digits in upper
    case, five at least, more than one different, a digit among them, and not the digits in their order; Cyrillic letters
    as the Latin ones that look like them, without what a spreadsheet puts behind.
#}
{% macro opaque_number(expression) -%}
    {%- set letters = regexp_replaced(
        "translate(upper(" ~ expression ~ "), 'АВЕКМНОРСТУХ', 'ABEKMHOPCTYX')", '[.]0$|[^0-9A-ZА-Я]'
    ) -%}
    case
        when
            {{ regexp_matched(expression, '[0-9]') }}
            and '12345678901234567890' not like concat('%', translate({{ expression }}, ' -', ''), '%')
            and length({{ letters }}) >= 5
            and replace({{ letters }}, left({{ letters }}, 1), '') <> '' then {{ letters }}
    end
{%- endmacro %}
