CREATE OR REPLACE FUNCTION ingest_guard_quarantine() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.erase_after IS NULL OR OLD.erase_after > now() THEN
            RAISE EXCEPTION 'quarantined read % is not to be erased yet', OLD.id
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'quarantined read % is settled', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.id, NEW.batch_id, NEW.source_id, NEW.index, NEW.quarantined_at)
       IS DISTINCT FROM (OLD.id, OLD.batch_id, OLD.source_id, OLD.index, OLD.quarantined_at)
       OR NEW.payload IS DISTINCT FROM OLD.payload OR NEW.read IS DISTINCT FROM OLD.read
       OR NEW.photographs IS DISTINCT FROM OLD.photographs OR NEW.camera <> OLD.camera THEN
        RAISE EXCEPTION 'what came as quarantined read % never changes', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
