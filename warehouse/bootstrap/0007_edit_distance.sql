-- Edit distances between names, for matching: levenshtein and levenshtein_less_equal. The extension is a trusted
-- one: the owner of the database may create it.
create extension if not exists fuzzystrmatch;
