-- Whether a build was asked to make everything anew: its later steps, each a process of its own, read it here.
alter table ops.builds add column is_full_refresh boolean not null default false;

-- Rows of identity.customer_registry as they were before the last publish changed them: what rollback puts back.
-- Rows that the last publish added are known by their minted_build_id.
create table identity.customer_registry_before (
    customer_id text primary key,
    build_id bigint not null, -- the publish that changed the row
    status text not null,
    merged_into text,
    changed_build_id bigint not null,
    changed_at timestamptz not null
);

-- Publish and rollback find what one build opened and closed without reading the whole map.
create index record_map_from_idx on identity.record_map (valid_from_build_id);
create index record_map_to_idx on identity.record_map (valid_to_build_id) where valid_to_build_id is not null;
create index accepted_links_from_idx on identity.accepted_links (valid_from_build_id);
create index accepted_links_to_idx on identity.accepted_links (valid_to_build_id) where valid_to_build_id is not null;
create index registry_begun_idx on identity.customer_registry (begun_by_record);

-- The build that was live when this one began: its ids continue that one's map, so it may follow no other.
alter table ops.builds add column follows_build_id bigint references ops.builds;
