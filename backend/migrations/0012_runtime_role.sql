-- The rights of the processes. Their roles are members of gas_runtime, which owns nothing and cannot change
-- the schema. A later migration that creates a table grants its rights in the same file.

do $$
begin
    -- An owner who may not create roles needs an administrator who has created it.
    if not exists (select from pg_roles where rolname = 'gas_runtime') then
        create role gas_runtime nologin;
    end if;
exception
    -- Roles belong to the server: the migration of another database has just created it.
    when duplicate_object or unique_violation then null;
end $$;

do $$
begin
    -- Before PostgreSQL 15, everybody may create tables.
    execute format('revoke create on schema %I from public', current_schema());
    execute format('grant usage on schema %I to gas_runtime', current_schema());
    -- Without pg_temp at the end, PostgreSQL searches it first: a caller's temporary table of the same name
    -- would be used instead, and its triggers would run with the rights of the owner.
    execute format(
        'alter function prune_audit_log() set search_path = pg_catalog, %I, pg_temp', current_schema());
end $$;

-- Processes compare the schema with the one that they know.
grant select on _sqlx_migrations to gas_runtime;

grant select, insert, update, delete on profiles to gas_runtime;
grant select, insert, update, delete on sessions to gas_runtime;
grant select, insert, delete on used_sign_ins to gas_runtime;
grant select, insert, update, delete on api_tokens to gas_runtime;
grant select, insert, update, delete on rate_limits to gas_runtime;
grant select, insert, update, delete on stripe_events to gas_runtime;
grant select, insert, update, delete on mails to gas_runtime;
grant select, insert, update, delete on dispatches to gas_runtime;
grant select, insert, update, delete on closed_accounts to gas_runtime;

-- The log only grows. Old entries are removed by the function alone.
grant select, insert on audit_log to gas_runtime;
revoke execute on function prune_audit_log() from public;
grant execute on function prune_audit_log() to gas_runtime;
