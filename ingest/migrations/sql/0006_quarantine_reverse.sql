DROP TRIGGER settled_once ON ingest_quarantinedread;
DROP FUNCTION ingest_guard_quarantine();
