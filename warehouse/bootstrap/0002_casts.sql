-- Whether a cell can be cast, without raising. PostgreSQL 16 brought pg_input_is_valid; before it
-- a function that catches the error does the same, only slower.
do $$
begin
    if current_setting('server_version_num')::int >= 160000 then
        create or replace function ops.is_castable(cell text, type_name text) returns boolean
        language sql stable parallel safe
        as 'select cell is null or pg_input_is_valid(cell, type_name)';
    else
        create or replace function ops.is_castable(cell text, type_name text) returns boolean
        language plpgsql stable
        as $body$
        begin
            execute format('select %L::%s', cell, type_name);
            return true;
        exception when others then
            return false;
        end
        $body$;
    end if;
end
$$;
