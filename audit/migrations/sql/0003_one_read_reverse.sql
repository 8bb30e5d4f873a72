DROP FUNCTION audit.correcting();

CREATE OR REPLACE FUNCTION audit.opened() RETURNS audit.opening
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opening audit.opening;
BEGIN
    SELECT e.plate, e.state, (e.fields ->> 'start')::timestamptz, (e.fields ->> 'end')::timestamptz
      INTO opening
      FROM audit.event e
     WHERE e.id = nullif(current_setting('audit.open', true), '')::uuid
       AND e.at = nullif(current_setting('audit.open_at', true), '')::timestamptz
       AND e.txid = pg_current_xact_id_if_assigned()
       AND e.kind IN ('query.run', 'result.viewed', 'result.photo_viewed', 'alert.match_viewed')
       -- Absolute times alone: what `yesterday` opened the event would not tell later.
       AND e.fields ->> 'start' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$'
       AND e.fields ->> 'end' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$';
    IF NOT FOUND OR opening.plate IS NULL OR opening.state IS NULL
       OR opening.start_at IS NULL OR opening.end_at IS NULL THEN
        RAISE EXCEPTION 'no audit, no read: this transaction recorded no event that opens a plate'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN opening;
END $$;

ALTER TYPE audit.opening DROP ATTRIBUTE read_id;
