DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ingest_read'::regclass
    LOOP
        EXECUTE format('DROP TRIGGER keep ON %s', name);
    END LOOP;
END $$;
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
        EXECUTE format(
            'ALTER TABLE public.ingest_read ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            name,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
DROP TRIGGER keep ON ingest_read;
DROP TRIGGER suspect_photographs ON ingest_quarantinedread;
DROP POLICY erasing_see ON ingest_read;
DROP POLICY erasing ON ingest_read;
DROP POLICY maintaining ON ingest_read;
DROP POLICY erasing_see ON ingest_correction;
DROP POLICY erasing ON ingest_correction;
DROP POLICY maintaining ON ingest_correction;
DROP FUNCTION
    ingest_keep_reads(), ingest_suspect_quarantined(), ingest_rebuild_coverage(date, date),
    ingest_clear_suspects(integer), ingest_is_named(bytea, timestamptz, timestamptz),
    ingest_drop_month(uuid, date), ingest_follow_erasure(uuid),
    ingest_erase_reads(uuid, timestamptz, timestamptz, integer[]), ingest_maintaining(),
    ingest_erasing();
DROP TRIGGER told ON ingest_erasure;
DROP TRIGGER over ON ingest_erasure;
DROP FUNCTION
    ingest_check_told(), ingest_check_erasure(), ingest_clock_is_settled(),
    ingest_require_over(timestamptz, integer[]), ingest_kept_hours(integer);
DROP INDEX ingest_read_captured;
