-- Operators: their role, blocked users, the mode of the service, acts in the audit log, and statistics.

alter table profiles
    -- Until when the user is an operator, unless a sign-in says so again. The rights on the table cover both.
    add column operator_until timestamptz,
    -- When an operator blocked the user. Such a user has no sessions and tokens, and cannot sign in.
    add column blocked timestamptz;

-- One row.
create table service_mode (
    id boolean primary key default true check (id),
    intake text not null default 'open' check (intake in ('open', 'paused', 'draining')),
    -- What every page shows.
    banner text
);

insert into service_mode default values;

grant select, update on service_mode to gas_runtime;

alter table audit_log
    -- profiles.audit_id of the operator who acted. The actor is 'system' then, as seen by the user.
    add column operator uuid;

-- The jobs that ended on a day of UTC, by outcome. No user is named.
create table job_statistics (
    day date not null,
    outcome text not null,
    jobs bigint not null,
    input_bytes bigint not null,
    result_bytes bigint not null,
    run_secs bigint not null,
    primary key (day, outcome)
);

grant select, insert, update on job_statistics to gas_runtime;
