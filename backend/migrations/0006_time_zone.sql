-- The time zone of users, for the times in their mails.

alter table profiles
    -- Its name in the tz database, such as America/Chicago; null until a browser has told it.
    add column time_zone text;
