drop function private.is_visible(text);
drop function private.trimmed(text);
drop function private.refuse(text, text, text);
drop function private.refusals();
drop function private.date_of(timestamptz);
drop function private.today();
drop table private.settings;
drop schema private;
