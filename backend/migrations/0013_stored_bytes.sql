-- The bytes that a user stores, as last counted from the job table, plus the sizes of uploads that began since.

create table stored_bytes (
    user_id uuid primary key references profiles (identity_id) on delete cascade,
    bytes bigint not null,
    counted timestamptz not null
);

grant select, insert, update on stored_bytes to gas_runtime;
