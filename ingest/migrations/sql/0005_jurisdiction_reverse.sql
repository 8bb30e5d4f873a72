DROP TRIGGER lawful ON ingest_read;
DROP FUNCTION ingest_check_lawful();
DROP FUNCTION ingest_rule_of(integer, date);
ALTER TABLE ingest_read DROP COLUMN county;
