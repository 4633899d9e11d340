-- A build that shows what it would change and is never published.
alter table ops.builds drop constraint builds_status_check;
alter table ops.builds add constraint builds_status_check
check (status in ('running', 'refused', 'failed', 'published', 'rolled_back', 'dry_run'));

-- Who let this build move more customers than the group allows, and why; null: nobody.
alter table ops.builds add column jump_allowed_by text;
alter table ops.builds add column jump_allowed_because text;

-- The last decision about every pair, but for those that were withdrawn.
create view identity.standing_pair_decisions as
select decision_id, left_record, right_record, decision, decided_by, reason, decided_at
from identity.pair_decisions as decisions
where
    decision <> 'withdrawn'
    and not exists (
        select 1
        from identity.pair_decisions as later
        where
            later.left_record = decisions.left_record
            and later.right_record = decisions.right_record
            and later.decision_id > decisions.decision_id
    );
