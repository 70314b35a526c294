-- The options of jobs that a user chose last, which the next file gets unless they choose others.

alter table profiles
    -- JSON as in the API; null until the user has uploaded a file. The rights on the table cover it.
    add column job_options jsonb;
