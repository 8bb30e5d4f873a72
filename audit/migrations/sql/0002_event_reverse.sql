DROP FUNCTION audit.opened();
DROP TYPE audit.opening;
DROP TABLE audit.event CASCADE;
DROP TABLE audit.pending;
DROP FUNCTION audit.make_partitions(date, integer);
DROP FUNCTION audit.stamp_event();
DROP FUNCTION audit.queue_event();
DROP FUNCTION audit.refuse_change();
