DROP FUNCTION ingest_supersede_read(uuid, timestamptz);
DROP POLICY correcting_see ON ingest_read;
DROP POLICY correcting_out ON ingest_read;
DROP POLICY reported ON ingest_read;
DROP TABLE ingest_correction;
DROP FUNCTION ingest_refuse_truncate();
DROP FUNCTION ingest_check_review();
DROP FUNCTION ingest_key_id(text, text, timestamptz, bigint);
ALTER TABLE ingest_read DROP COLUMN version;
