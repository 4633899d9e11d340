-- With the address at once: cells seldom come twice, and it is found in parallel before they are brought together.
with addresses as (

    select distinct
        email as email_cell,
        {{ email_cleaned('email') }} as address
    from {{ ref('int_customer_records_read') }}
    where email is not null

),

domains as (

    select * from {{ ref('email_domains') }}

),

placeholders as (

    select * from {{ ref('int_placeholder_words') }}

),

parted as (

    select
        email_cell,
        {{ email_local_part('address') }} as local_part,
        split_part(address, '@', 2) as domain
    from addresses
    where address is not null and not {{ regexp_matched('address', '[а-яё]') }}

),

-- A domain that nobody knows, one slip (or two letters exchanged) away from a common one, was meant to be it.
unknown_domains as (

    select distinct parted.domain
    from parted
    left join domains on parted.domain = domains.domain
    where domains.domain is null

),

slips as (

    select
        unknown_domains.domain,
        min(domains.domain) as meant_domain
    from unknown_domains
    inner join domains
        on
            domains.is_common
            and left(unknown_domains.domain, 1) = left(domains.domain, 1) and (
                replace(unknown_domains.domain, '.', '') = replace(domains.domain, '.', '')
                or (
                    length(domains.domain) > 6
                    and {{ edit_distance_up_to('unknown_domains.domain', 'domains.domain', 2) }}
                    <= case when length(unknown_domains.domain) = length(domains.domain) then 2 else 1 end
                )
            )
    group by unknown_domains.domain

),

mailboxes as (

    select
        parted.email_cell,
        parted.domain,
        parted.local_part as typed_local_part,
        coalesce(known.mailbox_domain, parted.domain) as mailbox_domain,
        {% for which in ['known', 'meant'] -%}
        case
            when {{ which }}.dots = 'dropped' then replace(parted.local_part, '.', '')
            when {{ which }}.dashes = 'are dots' then replace(parted.local_part, '-', '.')
            else parted.local_part
        end as {{ which }}_local_part,
        {% endfor -%}
        coalesce(meant.mailbox_domain, known.mailbox_domain, parted.domain) as meant_mailbox_domain
    from parted
    left join slips on parted.domain = slips.domain
    left join domains as known on parted.domain = known.domain
    left join domains as meant on coalesce(slips.meant_domain, parted.domain) = meant.domain

),

final as (

    select
        mailboxes.email_cell,
        case when mailboxes.domain like '%.%' then concat(mailboxes.known_local_part, '@', mailboxes.mailbox_domain) end
            as email,
        concat(mailboxes.meant_local_part, '@', mailboxes.meant_mailbox_domain) as email_near_key,
        case
            when of_domain.means is not null then of_domain.means
            when mailboxes.typed_local_part = split_part(mailboxes.domain, '.', 1) then 'nothing'
            when replace(mailboxes.typed_local_part, left(mailboxes.typed_local_part, 1), '') = '' then 'nothing'
            else of_local_part.means
        end as means
    from mailboxes
    left join placeholders as of_local_part
        on
            of_local_part.attribute = 'email_local_part'
            and of_local_part.word = coalesce(
                {{ regexp_extracted('mailboxes.typed_local_part', '^(.*[^0-9])') }}, mailboxes.typed_local_part
            )
    left join placeholders as of_domain
        on
            of_domain.attribute = 'email_domain'
            and mailboxes.domain = of_domain.word

)

select * from final
