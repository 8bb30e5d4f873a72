-- Corrections: a read is taken out of the index by one function alone, which keeps the original,
-- and only for a `read.corrected` event of the same transaction. Functions name pg_temp last: see
-- the audit room's 0002_event.sql.

-- 1 as it came; a correction stores the same read, under the same id, as the next.
ALTER TABLE ingest_read ADD COLUMN version smallint NOT NULL DEFAULT 1 CHECK (version > 0);

-- The versions of reads that were found wrong, each with its values and the time in which it
-- answered queries. What holds now is in ingest_read, since its batch was received.
CREATE TABLE ingest_correction (
    id                uuid PRIMARY KEY,
    read_id           uuid NOT NULL,
    version           smallint NOT NULL CHECK (version > 0),
    -- What a redelivery of this version would be called: `ingest.models.read_id` of its key.
    key_id            uuid NOT NULL,
    outcome           text NOT NULL CHECK (outcome IN ('corrected', 'withdrawn', 'merged')),
    -- The read that had the corrected key already.
    merged_into       uuid,
    valid_from        timestamptz NOT NULL,
    valid_until       timestamptz NOT NULL,
    event_id          uuid NOT NULL UNIQUE,
    corrected_by      text NOT NULL,
    corrected_by_name text NOT NULL,
    reason            text NOT NULL,
    plate_key         text COLLATE "C" NOT NULL,
    state             text COLLATE "C" NOT NULL,
    captured_at       timestamptz NOT NULL,
    camera_id         bigint NOT NULL,
    batch_id          uuid NOT NULL,
    latitude_e7       integer NOT NULL,
    longitude_e7      integer NOT NULL,
    confidence        real,
    plate_is_derived  boolean NOT NULL,
    scene_sha256      bytea NOT NULL,
    plate_sha256      bytea NOT NULL,
    plate_text        text NOT NULL,
    make              text,
    model             text,
    color             text,
    -- Whose law it was kept by; none for rows from before there were such.
    county            integer,
    UNIQUE (read_id, version),
    CHECK ((outcome = 'merged') = (merged_into IS NOT NULL))
);
-- What a query would have found then; what a delivery must not bring back; what is due for erasure;
-- which photographs are still needed.
CREATE INDEX correction_key ON ingest_correction (plate_key, state, captured_at);
CREATE INDEX correction_redelivered ON ingest_correction (key_id);
CREATE INDEX correction_captured ON ingest_correction (captured_at);
CREATE INDEX correction_scene ON ingest_correction (scene_sha256);
CREATE INDEX correction_plate ON ingest_correction (plate_sha256);

ALTER TABLE ingest_correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest_correction FORCE ROW LEVEL SECURITY;

-- `ingest.models.read_id`, as the database itself can tell.
CREATE FUNCTION ingest_key_id(plate text, state text, captured_at timestamptz, camera bigint)
RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(set_byte(set_byte(h.octets,
               6, get_byte(h.octets, 6) & 15 | 128), 8, get_byte(h.octets, 8) & 63 | 128), 'hex')::uuid
      FROM (SELECT substr(sha256(convert_to(
               plate || E'\n' || state || E'\n'
               || to_char(captured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'
               || E'\n' || camera, 'UTF8')), 1, 16) AS octets) h
$$;
REVOKE ALL ON FUNCTION ingest_key_id(text, text, timestamptz, bigint) FROM PUBLIC;

-- Whether what this transaction has opened may be seen: always, but for the review of a reported
-- error, which needs a report that is open and names the very read. Raises where there is none.
CREATE FUNCTION ingest_check_review() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opening audit.opening := audit.opened();
BEGIN
    IF opening.read_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.ingest_errorreport report
         WHERE report.read_id = opening.read_id AND report.plate_key = opening.plate
           AND report.state = opening.state AND report.captured_at = opening.start_at
           AND report.status IN ('open', 'under_review'))
    THEN
        RAISE EXCEPTION 'no report, no review: no open report of an error names this read'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION ingest_check_review() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_check_review() TO lpr_app, lpr_worker;

-- Beside `audited`, which it narrows. The first line names no column: see there.
CREATE POLICY reported ON ingest_read AS RESTRICTIVE FOR SELECT TO lpr_app, lpr_worker USING (
    (SELECT ingest_check_review())
    AND coalesce(id = (SELECT o.read_id FROM audit.opened() o), true)
);
-- The owner's own function below, and nobody else, takes reads out: the one that is corrected. It
-- also sees what has the corrected key already.
CREATE POLICY correcting_out ON ingest_read FOR DELETE TO lpr_owner
    USING (id = (SELECT (audit.correcting() ->> 'read')::uuid));
CREATE POLICY correcting_see ON ingest_read FOR SELECT TO lpr_owner USING (
    id = (SELECT (audit.correcting() ->> 'read')::uuid)
    OR (plate_key, state, captured_at) = (
        SELECT told -> 'after' ->> 'plate', told -> 'after' ->> 'state',
               (told ->> 'start')::timestamptz
          FROM audit.correcting() told)
);
CREATE POLICY correcting_in ON ingest_correction FOR INSERT TO lpr_owner
    WITH CHECK (read_id = (SELECT (audit.correcting() ->> 'read')::uuid));
-- Earlier versions of the read under review, for who reviews it.
CREATE POLICY reported ON ingest_correction FOR SELECT TO lpr_app USING (
    (SELECT ingest_check_review()) AND read_id = (SELECT o.read_id FROM audit.opened() o)
);
-- A delivery asks by id what it must not bring back; of the columns it is granted that one alone.
CREATE POLICY redelivered ON ingest_correction FOR SELECT TO lpr_ingest USING (true);

CREATE FUNCTION ingest_refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE of % is refused: originals of corrected reads are kept', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION ingest_refuse_truncate() FROM PUBLIC;
CREATE TRIGGER keep_all BEFORE TRUNCATE ON ingest_correction
    FOR EACH STATEMENT EXECUTE FUNCTION ingest_refuse_truncate();
ALTER TABLE ingest_correction ENABLE ALWAYS TRIGGER keep_all;

-- Takes the read that this transaction's `read.corrected` event names out of the index, at `moment`,
-- keeps it as correction `correction`, and tells whoever matched it. Returns what came of it:
-- corrected (the caller stores the next version), withdrawn (the event has no `after`), or merged
-- into the read, also returned, that has the corrected key already.
CREATE FUNCTION ingest_supersede_read(
    correction uuid, moment timestamptz, OUT outcome text, OUT merged_into uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told    jsonb := audit.correcting();
    after   jsonb := nullif(told -> 'after', 'null');
    old     public.ingest_read;
    is_gone boolean;
BEGIN
    IF told IS NULL THEN
        RAISE EXCEPTION 'no audit, no correction: this transaction recorded no read.corrected'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM public.ingest_check_review();
    -- A delivery under way may hold this very key: it ends first, and the next sees what follows.
    LOCK TABLE ONLY public.ingest_read IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM public.ingest_read r
     WHERE r.plate_key = told ->> 'plate' AND r.state = told ->> 'state'
       AND r.captured_at = (told ->> 'start')::timestamptz
       AND r.id = (told ->> 'read')::uuid AND r.version = (told ->> 'version')::smallint
    RETURNING r.* INTO old;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'read % has no version % any more', told ->> 'read', told ->> 'version'
            USING ERRCODE = 'no_data_found';
    END IF;
    SELECT r.id INTO merged_into FROM public.ingest_read r
     WHERE r.plate_key = after ->> 'plate' AND r.state = after ->> 'state'
       AND r.captured_at = old.captured_at AND r.camera_id = old.camera_id;
    outcome := CASE WHEN after IS NULL THEN 'withdrawn'
                    WHEN merged_into IS NOT NULL THEN 'merged' ELSE 'corrected' END;
    INSERT INTO public.ingest_correction
    SELECT correction, old.id, old.version,
           public.ingest_key_id(old.plate_key, old.state, old.captured_at, old.camera_id),
           outcome, merged_into,
           coalesce((SELECT b.received_at FROM public.ingest_batch b WHERE b.id = old.batch_id),
                    '-infinity'), moment,
           (told ->> 'event')::uuid, told ->> 'actor', told ->> 'actor_name', told ->> 'reason',
           old.plate_key, old.state, old.captured_at, old.camera_id, old.batch_id,
           old.latitude_e7, old.longitude_e7, old.confidence, old.plate_is_derived,
           old.scene_sha256, old.plate_sha256, old.plate_text, old.make, old.model, old.color,
           old.county;
    -- Where it still waits to be matched, it no longer does.
    DELETE FROM public.ingest_outbox o
     WHERE o.batch_id = old.batch_id AND o.read_ids = ARRAY[old.id];
    UPDATE public.ingest_outbox o
       SET (read_ids, plate_keys, states, captured_ats, camera_ids, latitudes_e7, longitudes_e7) = (
            SELECT array_agg(r.read_id), array_agg(r.plate_key), array_agg(r.state),
                   array_agg(r.captured_at), array_agg(r.camera_id), array_agg(r.latitude_e7),
                   array_agg(r.longitude_e7)
              FROM unnest(o.read_ids, o.plate_keys, o.states, o.captured_ats, o.camera_ids,
                          o.latitudes_e7, o.longitudes_e7)
                   AS r (read_id, plate_key, state, captured_at, camera_id, latitude_e7, longitude_e7)
             WHERE r.read_id <> old.id)
     WHERE o.batch_id = old.batch_id AND old.id = ANY (o.read_ids);
    is_gone := outcome <> 'corrected'
               OR (after ->> 'plate', after ->> 'state') <> (old.plate_key, old.state);
    INSERT INTO public.ingest_retraction
           (correction_id, read_id, is_gone, latitude_e7, longitude_e7, created_at)
    VALUES (correction, old.id, is_gone,
            coalesce((after ->> 'latitude_e7')::integer, old.latitude_e7),
            coalesce((after ->> 'longitude_e7')::integer, old.longitude_e7), moment);
END $$;
REVOKE ALL ON FUNCTION ingest_supersede_read(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_supersede_read(uuid, timestamptz) TO lpr_app;
