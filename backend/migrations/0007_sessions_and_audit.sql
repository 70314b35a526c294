-- Sessions that know their use, states of sign-ins, the audit log, and closed accounts.
-- Everything is an addition, so the previous version can run beside this one.

alter table sessions
    -- The plan when this id was issued; null in rows of the previous version. Another plan is a change
    -- of role, at which the browser gets a new id.
    add column plan text,
    -- When the session was last used, to the minute. Null in rows of the previous version, and in a
    -- session with a new id until its browser uses it.
    add column last_seen timestamptz,
    -- The hash of the id that this one replaces.
    add column replaces text,
    -- Whether another id has replaced this one. Such a session is not prolonged.
    add column retired boolean not null default false;

-- The states of finished sign-ins, so that each works once. A started sign-in is stored in its
-- browser only.
create table used_sign_ins (
    state text primary key,
    expires timestamptz not null
);

create index used_sign_ins_expires on used_sign_ins (expires);

alter table profiles
    -- The name of the account in the audit log. It is random and lives as long as the profile, so
    -- deleting the profile makes the entries anonymous without changing them.
    add column audit_id uuid not null default gen_random_uuid();

create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- profiles.audit_id of the account that the act concerns; null for acts without an account.
    account uuid,
    -- Who acted: the user, or GAS itself (a payment event, a deadline).
    actor text not null check (actor in ('user', 'system')),
    action text not null,
    -- The id of the job or token, or the new plan.
    target text,
    -- HMAC-SHA-256 of the client's IP address, in hex.
    address text,
    request_id text
);

create index audit_log_account on audit_log (account, id);
create index audit_log_at on audit_log (at);

-- The log only grows. Entries are removed after 400 days, and nothing changes one.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.at < now() - interval '400 days' then
        return old;
    end if;
    raise exception 'the audit log is append-only';
end $$;

create trigger audit_log_is_append_only before update or delete on audit_log
    for each row execute function refuse_audit_change();

create trigger audit_log_is_not_truncated before truncate on audit_log
    for each statement execute function refuse_audit_change();

-- Runs with the rights of the owner of the schema, so that no process needs the right to delete.
create function prune_audit_log() returns bigint
    language sql security definer set search_path from current as $$
    with gone as (delete from audit_log where at < now() - interval '400 days' returning 1)
    select count(*) from gone
$$;

-- Accounts whose profile was deleted. A request that was in flight may store a job after that; such
-- jobs are searched for until the row is deleted.
create table closed_accounts (
    user_id uuid primary key,
    purged timestamptz not null
);
