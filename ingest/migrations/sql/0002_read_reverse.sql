DROP FUNCTION ingest_make_partitions(date, integer);
DROP TABLE ingest_read CASCADE;
DROP FUNCTION ingest_open_batch();
ALTER TABLE ingest_batch DROP COLUMN txid;
