-- Reads: one index that refuses redelivery and answers every query, by month of capture, and
-- nobody sees a row without an event that says so. Functions name pg_temp last: see the audit
-- room's 0002_event.sql.

CREATE TABLE ingest_read (
    plate_key        text COLLATE "C" NOT NULL CHECK (plate_key ~ '^[A-Z0-9]{1,10}$'),
    state            text COLLATE "C" NOT NULL CHECK (length(state) BETWEEN 2 AND 6),
    captured_at      timestamptz NOT NULL,
    camera_id        bigint NOT NULL,
    id               uuid NOT NULL,
    batch_id         uuid NOT NULL,
    latitude_e7      integer NOT NULL CHECK (latitude_e7 BETWEEN -900000000 AND 900000000),
    longitude_e7     integer NOT NULL CHECK (longitude_e7 BETWEEN -1800000000 AND 1800000000),
    confidence       real CHECK (confidence BETWEEN 0 AND 1),
    plate_is_derived boolean NOT NULL,
    scene_sha256     bytea NOT NULL CHECK (octet_length(scene_sha256) = 32),
    plate_sha256     bytea NOT NULL CHECK (octet_length(plate_sha256) = 32),
    plate_text       text NOT NULL,
    make             text,
    model            text,
    color            text,
    PRIMARY KEY (plate_key, state, captured_at, camera_id)
) PARTITION BY RANGE (captured_at);

-- Ties a batch to the transaction that made it. lpr_ingest may not set the column.
ALTER TABLE ingest_batch ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();

-- The batch named by the transaction-local setting `ingest.batch`, if this very transaction made
-- it: what lpr_ingest may insert into, and read back.
CREATE FUNCTION ingest_open_batch() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.id FROM public.ingest_batch b
     WHERE b.id = nullif(current_setting('ingest.batch', true), '')::uuid
       AND b.txid = pg_current_xact_id_if_assigned()
$$;
REVOKE ALL ON FUNCTION ingest_open_batch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_open_batch() TO lpr_ingest;

ALTER TABLE ingest_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest_read FORCE ROW LEVEL SECURITY;

CREATE POLICY audited ON ingest_read FOR SELECT TO lpr_app, lpr_worker USING (
    -- Names no column, so it is asked before any row is touched. The bounds alone are asked when a
    -- row is: the error would tell of rows that a caller's own condition found.
    (SELECT o.plate FROM audit.opened() o) IS NOT NULL
    -- Between two places of one plate's and state's stretch of the index, so nothing else lies
    -- there. As sub-selects each is evaluated once a query, and the index is entered by them.
    AND (plate_key, state, captured_at)
        >= (SELECT o.plate, o.state, o.start_at FROM audit.opened() o)
    AND (plate_key, state, captured_at)
        < (SELECT o.plate, o.state, o.end_at FROM audit.opened() o)
);
CREATE POLICY own_batch_in ON ingest_read FOR INSERT TO lpr_ingest
    WITH CHECK (batch_id = (SELECT ingest_open_batch()));
CREATE POLICY own_batch_out ON ingest_read FOR SELECT TO lpr_ingest
    USING (batch_id = (SELECT ingest_open_batch()));

-- Makes the monthly partitions from the month of `since` on, for `months` months; returns how
-- many were missing. Loads of old reads ask for their own months.
CREATE FUNCTION ingest_make_partitions(since date, months integer) RETURNS integer
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
REVOKE ALL ON FUNCTION ingest_make_partitions(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_make_partitions(date, integer) TO lpr_ingest, lpr_worker;

SELECT ingest_make_partitions(current_date - 31, 5);
