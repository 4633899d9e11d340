select customer_id, contact_type
from {{ ref('dim_customer_contacts') }}
group by customer_id, contact_type
having sum(case when is_preferred then 1 else 0 end) <> 1
