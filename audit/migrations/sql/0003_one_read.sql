-- Reports of errors, and the vendor's review of them: more kinds open reads, some no more than the
-- one read they name. Whether a report of an error names it too is the ingest room's to say
-- (its 0007_mistake.sql).

ALTER TYPE audit.opening ADD ATTRIBUTE read_id uuid;

CREATE OR REPLACE FUNCTION audit.opened() RETURNS audit.opening
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opening audit.opening;
    of_one  boolean;
BEGIN
    SELECT e.plate, e.state, (e.fields ->> 'start')::timestamptz, (e.fields ->> 'end')::timestamptz,
           CASE WHEN k.of_one THEN (e.fields ->> 'read')::uuid END, k.of_one
      INTO opening.plate, opening.state, opening.start_at, opening.end_at, opening.read_id, of_one
      FROM audit.event e, LATERAL (
            SELECT e.kind IN ('read.reviewed', 'read.photo_viewed', 'read.corrected') AS of_one) k
     WHERE e.id = nullif(current_setting('audit.open', true), '')::uuid
       AND e.at = nullif(current_setting('audit.open_at', true), '')::timestamptz
       AND e.txid = pg_current_xact_id_if_assigned()
       AND e.kind IN ('query.run', 'result.viewed', 'result.photo_viewed', 'result.error_reported',
                      'alert.match_viewed', 'read.amendment_requested',
                      'read.reviewed', 'read.photo_viewed', 'read.corrected')
       -- Absolute times alone: what `yesterday` opened the event would not tell later.
       AND e.fields ->> 'start' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$'
       AND e.fields ->> 'end' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$';
    IF NOT FOUND OR opening.plate IS NULL OR opening.state IS NULL
       OR opening.start_at IS NULL OR opening.end_at IS NULL
       OR of_one AND opening.read_id IS NULL THEN
        RAISE EXCEPTION 'no audit, no read: this transaction recorded no event that opens a plate'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN opening;
END $$;

-- The fields of the `read.corrected` event that the settings name, with its id as `event`, if this
-- very transaction recorded it; else null. For the owner's own functions and policies.
CREATE FUNCTION audit.correcting() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.fields || jsonb_build_object('event', e.id)
      FROM audit.event e
     WHERE e.id = nullif(current_setting('audit.open', true), '')::uuid
       AND e.at = nullif(current_setting('audit.open_at', true), '')::timestamptz
       AND e.txid = pg_current_xact_id_if_assigned()
       AND e.kind = 'read.corrected'
$$;
REVOKE ALL ON FUNCTION audit.correcting() FROM PUBLIC;
