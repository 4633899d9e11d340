-- The decisions on pairs that a build follows: those that stood when it was opened (warehouse/build_inputs.py).
create table ops.build_decisions (
    left_record text not null,
    right_record text not null,
    decision text not null,
    primary key (left_record, right_record)
);
insert into ops.build_decisions
select left_record, right_record, decision
from identity.standing_pair_decisions;

-- Why two records were linked: only what the model found is remembered for its own sake, a decision or a card holds as
-- long as it stands. And what the two stood for: a signature outlives the record that stands for it.
alter table identity.accepted_links add column link_reason text not null default 'match';
alter table identity.accepted_links alter column link_reason drop default;
alter table identity.accepted_links add column left_signature_id text;
alter table identity.accepted_links add column right_signature_id text;

create or replace view identity.current_accepted_links as
select
    left_record,
    right_record,
    match_weight,
    match_probability,
    valid_from_build_id,
    link_reason,
    left_signature_id,
    right_signature_id
from identity.accepted_links
where valid_to_build_id is null;
