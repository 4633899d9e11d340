with source as (

    {{ current_records('market', 'channel_spend') }}

),

final as (

    select
        -- key
        dealer_code,
        'market' as source_system,
        'channel_spend' as entity,
        source_record_id,

        -- spend
        period,
        channel,
        {{ to_amount('amount') }} as amount,

        -- where the row came from
        _is_absent as is_absent_from_source,
        _source_file,
        _source_row,
        _batch_id,
        _batch_seq,
        _delivered_on,
        _loaded_at

    from source

)

select * from final
