-- What a trained version of the match model is made of beside its weights. A version's file in the workspace is the
-- truth; what stands here is a copy of the active one, which is all that dbt reads.
create table identity.match_models (
    model_version text primary key,
    content_hash text not null, -- of the version's files
    loaded_at timestamptz not null default clock_timestamp()
);

-- Numbers of match_settings.csv that a version brings: its prior, and the shares of names that it has never met.
create table identity.match_settings (
    model_version text not null references identity.match_models on delete cascade,
    setting text not null,
    value double precision not null,
    primary key (model_version, setting)
);

-- How frequent names are: frozen with the version, so that scores do not drift from night to night.
create table identity.match_term_frequencies (
    model_version text not null references identity.match_models on delete cascade,
    attribute text not null,
    term text not null,
    share double precision not null,
    primary key (model_version, attribute, term)
);
