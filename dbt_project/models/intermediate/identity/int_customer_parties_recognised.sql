with records as (

    select
        record_id,
        {{ name_id() }} as name_id
    from {{ ref('int_customer_records_read') }}

),

cells as (

    select * from {{ ref('int_customer_cells_cleaned') }}

),

names as (

    select * from {{ ref('int_customer_names_parsed') }}

),

recognised as (

    select
        records.record_id,
        records.name_id,
        cells.party_name,
        cells.address,
        cells.city,
        cells.region,
        cells.postal_code,
        {{ address_id('cells.address', 'cells.city') }} as address_id,
        coalesce(cells.checked_tax_id, cells.opaque_tax_id) as tax_id,
        cells.checked_tax_id is not null as is_tax_id_checked,
        cells.national_id,
        coalesce(cells.company_name is not null and (
            {{ is_company_name('cells.company_name') }}
            or cells.person_cell is null
            or (
                cells.person_cell = cells.company_name
                and (
                    not coalesce(names.has_known_first_name, false)
                    or {{ may_be_company_name('cells.company_name') }}
                )
            )
        ), false)
        or coalesce({{ is_company_name('cells.person_cell') }}, false)
        or coalesce(
            not coalesce(names.has_known_first_name, false) and {{ may_be_company_name('cells.person_cell') }}, false
        ) as is_company_by_name
    from records
    inner join cells on records.record_id = cells.record_id
    left join names on records.name_id = names.name_id

),

-- A company's record carries a company's name or tax number; where it names a person as well, he is whom one asks for.
final as (

    select
        *,
        is_company_by_name or (is_tax_id_checked and length(tax_id) = 10) as is_organisation
    from recognised

)

select * from final
