{#
    What a link weighs that no score made, in bits: a steward's word more than a card, a card more than any sum of match
    weights, so that a link is told by its strongest reason and cut last.
#}
{% macro bits_of_a_decision() -%}1000{%- endmacro %}

{% macro bits_of_a_card() -%}900{%- endmacro %}

{#
    How strong one of `links` is where something contradicts: a link that rests on the name comes after all others, so
    that namesakes meet as what each is without it.
#}
{% macro strength_of_link() -%}
    links.match_weight - case when links.rests_on_name then 100 else 0 end
{%- endmacro %}

{# From so many bits on, a link counts even in a component without end. #}
{% macro bits_beyond_doubt() -%}20{%- endmacro %}
