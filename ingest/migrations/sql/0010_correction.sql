-- As before (0007_mistake.sql), but a read of the same plate goes on waiting to be matched.
-- Takes the read that this transaction's `read.corrected` event names out of the index, at `moment`,
-- keeps it as correction `correction`, and tells whoever matched it. Returns what came of it:
-- corrected (the caller stores the next version), withdrawn (the event has no `after`), or merged
-- into the read, also returned, that has the corrected key already.
CREATE OR REPLACE FUNCTION ingest_supersede_read(
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
    is_gone := outcome <> 'corrected'
               OR (after ->> 'plate', after ->> 'state') <> (old.plate_key, old.state);
    IF is_gone THEN
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
    ELSE
        -- The same plate: it is matched once, as it came or, where it still waits, at its right place.
        UPDATE public.ingest_outbox o
           SET (latitudes_e7, longitudes_e7) = (
                SELECT array_agg(CASE WHEN r.read_id = old.id
                                      THEN (after ->> 'latitude_e7')::integer ELSE r.latitude_e7 END
                                 ORDER BY r.place),
                       array_agg(CASE WHEN r.read_id = old.id
                                      THEN (after ->> 'longitude_e7')::integer ELSE r.longitude_e7 END
                                 ORDER BY r.place)
                  FROM unnest(o.read_ids, o.latitudes_e7, o.longitudes_e7) WITH ORDINALITY
                       AS r (read_id, latitude_e7, longitude_e7, place))
         WHERE o.batch_id = old.batch_id AND old.id = ANY (o.read_ids);
    END IF;
    INSERT INTO public.ingest_retraction
           (correction_id, read_id, is_gone, latitude_e7, longitude_e7, created_at)
    VALUES (correction, old.id, is_gone,
            coalesce((after ->> 'latitude_e7')::integer, old.latitude_e7),
            coalesce((after ->> 'longitude_e7')::integer, old.longitude_e7), moment);
END $$;
