-- What was told, by channel: one that does not answer leaves the others alone. `log` is what the log alone says once.
alter table ops.alerts drop constraint alerts_pkey;
alter table ops.alerts add column channel text check (channel in ('e-mail', 'web hook', 'log'));
update ops.alerts set channel = case when alert_key like 'no_feed:%' then 'log' else 'e-mail' end;
insert into ops.alerts (alert_key, channel, subject, sent_at)
select alert_key, 'web hook' as channel, subject, sent_at from ops.alerts
where channel = 'e-mail';
alter table ops.alerts add primary key (alert_key, channel);
