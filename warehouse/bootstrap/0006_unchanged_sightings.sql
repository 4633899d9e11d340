-- A row that a delta delivery repeated unchanged: nothing new is stored in raw, but a file of an earlier day
-- that arrives late must know that this day confirmed the value (see ingestion/publish_raw.py).
create table ops.unchanged_sightings (
    feed_id text not null,
    dealer_code text not null,
    source_record_id text not null,
    delivered_on date not null,
    batch_seq bigint not null
);
create index unchanged_sightings_idx on ops.unchanged_sightings (feed_id, dealer_code, source_record_id);
