-- A day of a delta feed that says nothing of a record any more: a correction named it, and was taken back. A file of an
-- earlier day that arrives late changes the record as of that day too (see ingestion/publish_raw.py).
create table ops.taken_back (
    feed_id text not null,
    dealer_code text not null,
    source_record_id text not null,
    delivered_on date not null,
    primary key (feed_id, dealer_code, source_record_id, delivered_on)
);
