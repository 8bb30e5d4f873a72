-- Reads are erased when their time is over, by the functions below and in no other way: only what the
-- rules let nobody keep, and only beside an event of the same transaction that says how many. The
-- originals of corrected reads (0007_mistake.sql) are reads like others here.
-- Functions name pg_temp last: see the audit room's 0002_event.sql.

-- What was stored when: a stretch of time is found without a look at the rest. It costs inserts
-- nothing to speak of.
CREATE INDEX ingest_read_captured ON ingest_read USING brin (captured_at) WITH (pages_per_range = 32);

-- Photographs from before: any read may name them.
UPDATE ingest_photograph SET is_shared = true, read_from = '1990-01-01', read_until = now();

ALTER TABLE ingest_erasure ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE ingest_erasure ADD CONSTRAINT erasure_is_a_stretch CHECK (since < until);

-- No rule, no place: what nobody ruled on is kept this long at most (`ingest.rules.MAX_AGE`).
CREATE FUNCTION ingest_kept_hours(county integer) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 24 * coalesce(
        (SELECT rule.retention_days
           FROM public.ingest_rule_of($1, (now() AT TIME ZONE 'UTC')::date) rule), 3660)
$$;
REVOKE ALL ON FUNCTION ingest_kept_hours(integer) FROM PUBLIC;

-- Raises unless the time of everything captured in these counties before `until` is over.
CREATE FUNCTION ingest_require_over(until timestamptz, counties integer[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    early integer;
BEGIN
    SELECT county INTO early FROM unnest(counties) AS county
     WHERE until > now() - make_interval(hours => public.ingest_kept_hours(county)) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'reads of county % from before % may still be kept', early, until
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
REVOKE ALL ON FUNCTION ingest_require_over(timestamptz, integer[]) FROM PUBLIC;

-- Whether the log has seen this clock for a day: a clock that was set far ahead would let everything
-- be erased. True on the first day of an installation.
CREATE FUNCTION ingest_clock_is_settled() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(event.at) > now() - interval '5 days', true)
      FROM audit.event
     WHERE event.log_id = '00000000-0000-7000-8000-000000000001'
       AND event.at < now() - interval '20 hours'
$$;
REVOKE ALL ON FUNCTION ingest_clock_is_settled() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_clock_is_settled() TO lpr_worker;

CREATE FUNCTION ingest_check_erasure() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('ingest.rules'));
    NEW.txid := pg_current_xact_id();
    IF NOT public.ingest_clock_is_settled() THEN
        RAISE EXCEPTION 'the clock may have been set: the log has no event of the days before'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM public.ingest_require_over(NEW.until, NEW.counties);
    RETURN NEW;
END $$;
CREATE FUNCTION ingest_check_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done public.ingest_erasure;
BEGIN
    SELECT * INTO done FROM public.ingest_erasure WHERE id = NEW.id;
    IF FOUND AND NOT EXISTS (
        SELECT FROM audit.event
         WHERE event.log_id = '00000000-0000-7000-8000-000000000001'
           -- When this transaction began, less what an event's time may differ.
           AND event.at >= now() - interval '5 s'
           AND event.txid = done.txid AND event.kind = 'ingest.erased'
           AND event.fields ->> 'erasure' = done.id::text
           AND (event.fields -> 'reads') = to_jsonb(done.reads))
    THEN
        RAISE EXCEPTION 'no audit, no erasure: no event of this transaction tells of erasure %', NEW.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ingest_check_erasure(), ingest_check_told() FROM PUBLIC;
CREATE TRIGGER over BEFORE INSERT ON ingest_erasure
    FOR EACH ROW EXECUTE FUNCTION ingest_check_erasure();
CREATE CONSTRAINT TRIGGER told AFTER INSERT ON ingest_erasure DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ingest_check_told();
ALTER TABLE ingest_erasure ENABLE ALWAYS TRIGGER over;
ALTER TABLE ingest_erasure ENABLE ALWAYS TRIGGER told;

-- The stretch that this very transaction is erasing.
CREATE FUNCTION ingest_erasing() RETURNS ingest_erasure
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT e FROM public.ingest_erasure e
     WHERE e.id = nullif(current_setting('ingest.erasure', true), '')::uuid
       AND e.txid = pg_current_xact_id_if_assigned()
$$;
-- Whether one of the owner's functions below counts or looks for something.
CREATE FUNCTION ingest_maintaining() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT current_setting('ingest.maintaining', true) = pg_current_xact_id_if_assigned()::text
$$;
REVOKE ALL ON FUNCTION ingest_erasing(), ingest_maintaining() FROM PUBLIC;

-- The owner itself (it has nobody's log-on but the migrations') sees and removes no more.
CREATE POLICY erasing_see ON ingest_read FOR SELECT TO lpr_owner USING (
    captured_at >= (SELECT e.since FROM ingest_erasing() e)
    AND captured_at < (SELECT e.until FROM ingest_erasing() e)
);
CREATE POLICY erasing ON ingest_read FOR DELETE TO lpr_owner USING (
    captured_at >= (SELECT e.since FROM ingest_erasing() e)
    AND captured_at < (SELECT e.until FROM ingest_erasing() e)
    AND coalesce(county, 0) = ANY ((SELECT e.counties FROM ingest_erasing() e)::integer[])
);
CREATE POLICY maintaining ON ingest_read FOR SELECT TO lpr_owner USING ((SELECT ingest_maintaining()));
CREATE POLICY erasing_see ON ingest_correction FOR SELECT TO lpr_owner USING (
    captured_at >= (SELECT e.since FROM ingest_erasing() e)
    AND captured_at < (SELECT e.until FROM ingest_erasing() e)
);
CREATE POLICY erasing ON ingest_correction FOR DELETE TO lpr_owner USING (
    captured_at >= (SELECT e.since FROM ingest_erasing() e)
    AND captured_at < (SELECT e.until FROM ingest_erasing() e)
    AND coalesce(county, 0) = ANY ((SELECT e.counties FROM ingest_erasing() e)::integer[])
);
CREATE POLICY maintaining ON ingest_correction FOR SELECT TO lpr_owner
    USING ((SELECT ingest_maintaining()));

-- What follows from reads that are gone: `gone` holds their columns. The counts of what is held, and
-- the photographs: one that no other named goes too, the others are looked into. Returns how many
-- reads and photographs went, and the reads by county.
CREATE FUNCTION ingest_follow_erasure(erasure uuid) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result jsonb;
BEGIN
    INSERT INTO public.ingest_coverage AS c (camera_id, day, county, collected, held, last_at)
    SELECT camera_id, (captured_at AT TIME ZONE 'UTC')::date, county, 0, -count(*), max(captured_at)
      FROM pg_temp.ingest_gone WHERE county > 0 GROUP BY 1, 2, 3 ORDER BY 2, 3, 1
    ON CONFLICT (day, county, camera_id) DO UPDATE SET held = c.held + excluded.held;
    WITH named AS (
        SELECT DISTINCT sha256 FROM pg_temp.ingest_gone, unnest(ARRAY[scene_sha256, plate_sha256])
            AS photograph (sha256)
    ),
    dropped AS (
        DELETE FROM public.ingest_photograph p USING named
         WHERE p.sha256 = named.sha256 AND NOT p.is_shared RETURNING p.sha256
    ),
    queued AS (
        INSERT INTO public.ingest_erasedphotograph (sha256, queued_at)
        SELECT sha256, now() FROM dropped
        ON CONFLICT (sha256) DO UPDATE SET queued_at = excluded.queued_at, removed_at = NULL
    ),
    suspected AS (
        INSERT INTO public.ingest_suspectphotograph (sha256, queued_at)
        SELECT named.sha256, now() FROM named
         WHERE NOT EXISTS (SELECT FROM dropped WHERE dropped.sha256 = named.sha256)
        ON CONFLICT DO NOTHING
    )
    SELECT jsonb_build_object(
        'reads', (SELECT count(*) FROM pg_temp.ingest_gone),
        'photographs', (SELECT count(*) FROM dropped),
        'counties', coalesce((SELECT jsonb_object_agg(county, n) FROM (
            SELECT county, count(*) AS n FROM pg_temp.ingest_gone GROUP BY 1) by_county), '{}'))
      INTO result;
    UPDATE public.ingest_erasure e
       SET reads = (result ->> 'reads')::bigint, photographs = (result ->> 'photographs')::bigint
     WHERE e.id = erasure;
    DROP TABLE pg_temp.ingest_gone;
    PERFORM set_config('ingest.erasure', '', true);
    RETURN result;
END $$;
REVOKE ALL ON FUNCTION ingest_follow_erasure(uuid) FROM PUBLIC;

-- Erases what was captured in [since, until), a day at most, in these counties (0: reads without
-- one). Their time must be over, and an `ingest.erased` event of the same transaction must give the
-- same number of reads, or the transaction fails.
CREATE FUNCTION ingest_erase_reads(
    erasure uuid, since timestamptz, until timestamptz, counties integer[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    result jsonb;
BEGIN
    IF until - since > interval '24 hours' THEN
        RAISE EXCEPTION 'a day of reads is erased at once at most, not % to %', since, until;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ingest.erase'));
    INSERT INTO public.ingest_erasure
           (id, erased_at, since, until, counties, reads, photographs, is_month)
    VALUES (erasure, now(), since, until, counties, 0, 0, false);
    PERFORM set_config('ingest.erasure', erasure::text, true);
    CREATE TEMPORARY TABLE ingest_gone (
        camera_id bigint, captured_at timestamptz, county integer,
        scene_sha256 bytea, plate_sha256 bytea) ON COMMIT DROP;
    WITH gone AS (
        DELETE FROM public.ingest_read r
         WHERE r.captured_at >= $2 AND r.captured_at < $3 AND coalesce(r.county, 0) = ANY ($4)
        RETURNING r.camera_id, r.captured_at, coalesce(r.county, 0), r.scene_sha256, r.plate_sha256
    )
    INSERT INTO pg_temp.ingest_gone SELECT * FROM gone;
    WITH gone AS (
        DELETE FROM public.ingest_correction c
         WHERE c.captured_at >= $2 AND c.captured_at < $3 AND coalesce(c.county, 0) = ANY ($4)
        RETURNING c.camera_id, c.captured_at, coalesce(c.county, 0), c.scene_sha256, c.plate_sha256
    )
    INSERT INTO pg_temp.ingest_gone SELECT * FROM gone;
    result := public.ingest_follow_erasure(erasure);
    IF (result -> 'reads')::bigint = 0 THEN
        DELETE FROM public.ingest_erasure e WHERE e.id = erasure;
    END IF;
    RETURN result;
END $$;

-- Drops the partition of a month, in whatever state, when the longest time that any rule gives is over
-- for all of it. Null when there is none. Looks through it first and locks last, and for
-- five seconds at most waits for who is reading.
CREATE FUNCTION ingest_drop_month(erasure uuid, month date) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    since    timestamptz := date_trunc('month', month)::timestamp AT TIME ZONE 'UTC';
    until    timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp
                            AT TIME ZONE 'UTC';
    name     text := 'ingest_read_' || to_char(month, '"y"YYYY"m"MM');
    longest  integer;
    result   jsonb;
BEGIN
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ingest.erase'));
    SELECT max(retention_days) INTO longest FROM (
        SELECT DISTINCT ON (rule.geoid) rule.retention_days FROM public.ingest_jurisdictionrule rule
         WHERE rule.withdrawn_at IS NULL AND rule.valid_from <= (now() AT TIME ZONE 'UTC')::date
         ORDER BY rule.geoid, rule.valid_from DESC) in_force;
    IF until > now() - make_interval(hours => 24 * greatest(31, coalesce(longest, 3660))) THEN
        RAISE EXCEPTION 'reads of % may still be kept', to_char(month, 'YYYY-MM')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.ingest_erasure
           (id, erased_at, since, until, counties, reads, photographs, is_month)
    VALUES (erasure, now(), since, until, '{}', 0, 0, true);
    PERFORM set_config('ingest.erasure', erasure::text, true);
    CREATE TEMPORARY TABLE ingest_gone ON COMMIT DROP AS
    SELECT r.camera_id, r.captured_at, coalesce(r.county, 0) AS county, r.scene_sha256,
           r.plate_sha256
      FROM public.ingest_read r WHERE r.captured_at >= since AND r.captured_at < until
    UNION ALL
    SELECT c.camera_id, c.captured_at, coalesce(c.county, 0), c.scene_sha256, c.plate_sha256
      FROM public.ingest_correction c WHERE c.captured_at >= since AND c.captured_at < until;
    -- A state that lost its rule may keep what it has: then it is erased later, read by read.
    PERFORM public.ingest_require_over(until, (SELECT array_agg(DISTINCT county) FROM ingest_gone));
    UPDATE public.ingest_erasure e
       SET counties = coalesce((SELECT array_agg(DISTINCT county) FROM ingest_gone), '{}')
     WHERE e.id = erasure;
    DELETE FROM public.ingest_correction c WHERE c.captured_at >= since AND c.captured_at < until;
    result := public.ingest_follow_erasure(erasure);
    PERFORM set_config('lock_timeout', '5s', true);
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN result;
END $$;

-- Whether a read, the original of a corrected one or a quarantined one names the photograph.
CREATE FUNCTION ingest_is_named(sha256 bytea, since timestamptz, until timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.ingest_quarantinedread q
         WHERE q.photographs @> ARRAY[$1])
        OR EXISTS (
        SELECT FROM public.ingest_correction c
         WHERE c.scene_sha256 = $1 OR c.plate_sha256 = $1)
        OR EXISTS (
        SELECT FROM public.ingest_read r
         WHERE r.captured_at >= $2 AND r.captured_at <= $3
           AND (r.scene_sha256 = $1 OR r.plate_sha256 = $1))
$$;
REVOKE ALL ON FUNCTION ingest_is_named(bytea, timestamptz, timestamptz) FROM PUBLIC;

-- Looks into at most `most` photographs that lost a read: those that nobody names any more go.
-- Returns how many were looked into and how many went.
CREATE FUNCTION ingest_clear_suspects(most integer) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suspect bytea;
    kept    record;
    looked  integer := 0;
    went    integer := 0;
BEGIN
    PERFORM set_config('ingest.maintaining', pg_current_xact_id()::text, true);
    FOR suspect IN
        DELETE FROM public.ingest_suspectphotograph s WHERE s.sha256 IN (
            SELECT q.sha256 FROM public.ingest_suspectphotograph q
             ORDER BY q.queued_at, q.sha256 LIMIT most FOR UPDATE SKIP LOCKED)
        RETURNING s.sha256
    LOOP
        looked := looked + 1;
        -- Who stores a read that names it holds the row until that read is there to be seen.
        SELECT p.read_from, p.read_until INTO kept FROM public.ingest_photograph p
         WHERE p.sha256 = suspect FOR UPDATE;
        CONTINUE WHEN NOT FOUND
            OR public.ingest_is_named(suspect, kept.read_from, kept.read_until);
        DELETE FROM public.ingest_photograph p WHERE p.sha256 = suspect;
        INSERT INTO public.ingest_erasedphotograph (sha256, queued_at) VALUES (suspect, now())
        ON CONFLICT (sha256) DO UPDATE SET queued_at = excluded.queued_at, removed_at = NULL;
        went := went + 1;
    END LOOP;
    PERFORM set_config('ingest.maintaining', '', true);
    RETURN jsonb_build_object('looked', looked, 'photographs', went);
END $$;

-- Whatever takes an entry out of the quarantine, its photographs may have been its alone.
CREATE FUNCTION ingest_suspect_quarantined() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.ingest_suspectphotograph (sha256, queued_at)
    SELECT DISTINCT sha256, now() FROM unnest(OLD.photographs) AS photograph (sha256)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ingest_suspect_quarantined() FROM PUBLIC;
CREATE TRIGGER suspect_photographs AFTER DELETE ON ingest_quarantinedread
    FOR EACH ROW EXECUTE FUNCTION ingest_suspect_quarantined();
ALTER TABLE ingest_quarantinedread ENABLE ALWAYS TRIGGER suspect_photographs;

-- Counts anew what is held of the days in [since, until), from the reads themselves: one statement,
-- so that it sees a batch's reads and its tally, or neither. Returns how many counts were wrong.
CREATE FUNCTION ingest_rebuild_coverage(since date, until date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wrong integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ingest.erase'));
    PERFORM pg_advisory_xact_lock(hashtext('ingest.coverage'));
    PERFORM set_config('ingest.maintaining', pg_current_xact_id()::text, true);
    WITH counted AS (
        SELECT camera_id, (captured_at AT TIME ZONE 'UTC')::date AS day, county, count(*) AS n,
               max(captured_at) AS last_at
          FROM (SELECT camera_id, captured_at, county FROM public.ingest_read
                UNION ALL
                SELECT camera_id, captured_at, county FROM public.ingest_correction) r
         WHERE r.captured_at >= since::timestamp AT TIME ZONE 'UTC'
           AND r.captured_at < until::timestamp AT TIME ZONE 'UTC' AND county IS NOT NULL
         GROUP BY 1, 2, 3
    ),
    pending AS (
        SELECT t.camera_id, t.day, t.county, sum(t.n) AS n
          FROM public.ingest_tally, unnest(camera_ids, days, counties, counts)
               AS t (camera_id, day, county, n)
         WHERE t.day >= since AND t.day < until GROUP BY 1, 2, 3
    ),
    known AS (
        SELECT c.camera_id, c.day, c.county, c.held, c.last_at FROM public.ingest_coverage c
         WHERE c.day >= since AND c.day < until
    ),
    right_ones AS (
        SELECT camera_id, day, county, coalesce(counted.n, 0) - coalesce(pending.n, 0) AS held,
               coalesce(known.held, 0) AS before,
               coalesce(counted.last_at, known.last_at, now()) AS last_at
          FROM counted
          FULL JOIN pending USING (camera_id, day, county)
          FULL JOIN known USING (camera_id, day, county)
    ),
    mended AS (
        INSERT INTO public.ingest_coverage AS c (camera_id, day, county, collected, held, last_at)
        SELECT camera_id, day, county, greatest(held - before, 0), held, last_at
          FROM right_ones WHERE held <> before
        -- What was collected and not counted then is counted now; what is gone was collected.
        ON CONFLICT (day, county, camera_id) DO UPDATE
           SET held = excluded.held, collected = c.collected + excluded.collected,
               last_at = greatest(c.last_at, excluded.last_at)
        RETURNING 1
    )
    SELECT count(*) INTO wrong FROM mended;
    PERFORM set_config('ingest.maintaining', '', true);
    RETURN wrong;
END $$;

REVOKE ALL ON FUNCTION
    ingest_erase_reads(uuid, timestamptz, timestamptz, integer[]), ingest_drop_month(uuid, date),
    ingest_clear_suspects(integer), ingest_rebuild_coverage(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    ingest_erase_reads(uuid, timestamptz, timestamptz, integer[]), ingest_drop_month(uuid, date),
    ingest_clear_suspects(integer), ingest_rebuild_coverage(date, date) TO lpr_worker;

-- Not even who owns the table empties it.
CREATE FUNCTION ingest_keep_reads() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE of % is refused: reads are erased when their time is over',
        TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION ingest_keep_reads() FROM PUBLIC;
CREATE TRIGGER keep BEFORE TRUNCATE ON ingest_read
    FOR EACH STATEMENT EXECUTE FUNCTION ingest_keep_reads();
ALTER TABLE ingest_read ENABLE ALWAYS TRIGGER keep;

-- As before, with the guard on each partition: a statement's trigger does not come from the parent.
CREATE OR REPLACE FUNCTION ingest_make_partitions(since date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month date;
    name  text;
    made  integer := 0;
BEGIN
    IF months NOT BETWEEN 1 AND 120 THEN
        RAISE EXCEPTION 'months must be 1 to 120, not %', months;
    END IF;
    IF since < date '1990-01-01'
       OR since + make_interval(months => months - 1) > current_date + interval '1 year' THEN
        RAISE EXCEPTION 'reads are kept from 1990 to a year ahead, not from % for % months', since, months;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ingest_make_partitions'));
    FOR offset_months IN 0 .. months - 1 LOOP
        month := (date_trunc('month', since) + make_interval(months => offset_months))::date;
        name := 'ingest_read_' || to_char(month, '"y"YYYY"m"MM');
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
        -- Made apart and attached: no lock that a running query or load would wait for.
        EXECUTE format('CREATE TABLE public.%I (LIKE public.ingest_read INCLUDING ALL)', name);
        -- No grants and no policies: rows are reached through the parent's alone.
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE TRIGGER keep BEFORE TRUNCATE ON public.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION public.ingest_keep_reads()', name);
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER keep', name);
        EXECUTE format(
            'ALTER TABLE public.ingest_read ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            name,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ingest_read'::regclass
    LOOP
        EXECUTE format('CREATE TRIGGER keep BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION ingest_keep_reads()', name);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER keep', name);
    END LOOP;
END $$;
