-- What was told to people by e-mail or web hook: the same thing once, however often it is noticed.
create table ops.alerts (
    alert_key text primary key,
    subject text not null,
    sent_at timestamptz not null default clock_timestamp()
);
