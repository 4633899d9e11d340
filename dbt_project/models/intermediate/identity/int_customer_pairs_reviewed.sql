with pairs as (

    select * from {{ ref('int_customer_pairs_scored') }}

),

clusters as (

    select * from {{ ref('int_customer_records_clustered') }}

),

decisions as (

    select * from {{ ref('int_customer_decisions_resolved') }}

),

settings as (

    {{ match_settings_in_one_row() }}

),

-- Of two customers a steward has kept apart no other pair is asked about: the answer would contradict.
decided as (

    select distinct
        least(left_clusters.cluster_id, right_clusters.cluster_id) as first_cluster_id,
        greatest(left_clusters.cluster_id, right_clusters.cluster_id) as second_cluster_id
    from decisions
    inner join clusters as left_clusters on decisions.left_id = left_clusters.record_id
    inner join clusters as right_clusters on decisions.right_id = right_clusters.record_id

),

-- Pairs that look alike and lie in two clusters: not sure enough, or kept apart by a guard.
candidates as (

    select
        pairs.left_id,
        pairs.right_id,
        pairs.match_weight,
        pairs.match_probability,
        case
            when pairs.match_probability >= pairs.accepted_from and pairs.rests_on_name
                then 'a guard cut it: only the name agrees, and they contradict or have a phone or e-mail each'
            when pairs.match_probability >= pairs.accepted_from
                then 'a guard cut it: their customers contradict each other'
            when pairs.is_name_alone then 'nothing but the name agrees'
            when pairs.accepted_from > 1 and {{ may_be_a_couple('pairs.') }}
                then 'a woman and a man, and a first name is missing'
            when pairs.accepted_from > 1 then 'no birth date tells namesakes of one house apart'
            else 'between the thresholds'
        end as waits_because,
        least(left_clusters.cluster_id, right_clusters.cluster_id) as first_cluster_id,
        greatest(left_clusters.cluster_id, right_clusters.cluster_id) as second_cluster_id
    from pairs
    cross join settings
    inner join clusters as left_clusters on pairs.left_id = left_clusters.record_id
    inner join clusters as right_clusters on pairs.right_id = right_clusters.record_id
    where
        pairs.match_probability >= settings.review_probability
        and left_clusters.cluster_id <> right_clusters.cluster_id

),

ranked as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.first_cluster_id, candidates.second_cluster_id
            order by candidates.match_weight desc, candidates.left_id, candidates.right_id
        ) as strength
    from candidates
    left join decided
        on
            candidates.first_cluster_id = decided.first_cluster_id
            and candidates.second_cluster_id = decided.second_cluster_id
    where decided.first_cluster_id is null

),

-- One question for two clusters: the answer joins them whole.
final as (

    select
        left_id,
        right_id,
        first_cluster_id,
        second_cluster_id,
        cast(match_weight as decimal(18, 6)) as match_weight,
        cast(match_probability as decimal(18, 6)) as match_probability,
        waits_because
    from ranked
    where strength = 1

)

select * from final
