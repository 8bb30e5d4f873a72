DROP TRIGGER check_sequencer ON audit.event;
DROP FUNCTION audit.check_sequencer();
DROP FUNCTION audit.requeue(interval, interval);
DROP TRIGGER make_head ON audit.log;
DROP FUNCTION audit.make_head();
DROP TABLE audit.signing_key, audit.checkpoint, audit.head, audit.tile, audit.leaf;
DROP FUNCTION audit.grow_only();
