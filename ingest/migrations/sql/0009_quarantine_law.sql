-- A settled read may be erased sooner than was said, where the law of its place wants it (ING-6);
-- never later, and nothing else of it changes.
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
        IF NEW.erase_after < OLD.erase_after
           AND to_jsonb(NEW) - 'erase_after' = to_jsonb(OLD) - 'erase_after' THEN
            RETURN NEW;
        END IF;
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
