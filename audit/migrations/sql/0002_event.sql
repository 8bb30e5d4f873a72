-- The append-only event table, its guards, and what opens plate reads ("no audit, no read").
-- Everything here belongs to the owner; the service never connects as the owner. Functions name
-- pg_temp last: unnamed it comes first for types, and a session's own domain `date` with a check
-- would run the session's code as the owner. None may be called by PUBLIC: who may call a trigger
-- function can hang it on a table of their own.

CREATE TABLE audit.event (
    id      uuid        NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    log_id  uuid        NOT NULL REFERENCES audit.log (id),
    kind    text        NOT NULL CHECK (kind ~ '^[a-z]+\.[a-z_]+$'),
    seed    bytea       NOT NULL CHECK (octet_length(seed) = 32),
    fields  jsonb       NOT NULL CHECK (jsonb_typeof(fields) = 'object'),
    txid    xid8        NOT NULL,
    -- Generated, so that what is searched and what is hashed can't differ.
    actor   text NOT NULL GENERATED ALWAYS AS (fields ->> 'actor') STORED,
    behalf  text GENERATED ALWAYS AS (fields ->> 'behalf_of') STORED,
    aor     text GENERATED ALWAYS AS (fields ->> 'aor') STORED,
    plate   text GENERATED ALWAYS AS (fields ->> 'plate') STORED,
    state   text GENERATED ALWAYS AS (fields ->> 'state') STORED,
    reason  text GENERATED ALWAYS AS (fields ->> 'reason') STORED,
    outcome text NOT NULL GENERATED ALWAYS AS (fields ->> 'outcome') STORED,
    parent  text GENERATED ALWAYS AS (fields ->> 'parent') STORED
    -- The key is each partition's own: (id) alone, which a parent's key could not be.
) PARTITION BY RANGE (at);

CREATE INDEX event_newest ON audit.event (log_id, at DESC, id DESC);
CREATE INDEX event_by_actor ON audit.event (log_id, actor, at DESC, id DESC);
CREATE INDEX event_by_plate ON audit.event (log_id, plate, at DESC, id DESC) WHERE plate IS NOT NULL;

CREATE INDEX event_by_parent ON audit.event (log_id, parent, at) WHERE parent IS NOT NULL;

-- Committed events that no sequencer has given an index yet.
CREATE TABLE audit.pending (
    log_id uuid        NOT NULL,
    at     timestamptz NOT NULL,
    id     uuid        NOT NULL,
    PRIMARY KEY (log_id, at, id)
);

CREATE FUNCTION audit.stamp_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id_time timestamptz;
BEGIN
    IF abs(extract(epoch FROM NEW.at - clock_timestamp())) > 5 THEN
        RAISE EXCEPTION 'event time % is not within 5 s of the database clock', NEW.at
            USING ERRCODE = 'check_violation';
    END IF;
    -- With each partition's key this leaves an id to one event (but for the hour round a month's
    -- end): who asks for an event by the id on its receipt gets no later one in its place.
    id_time := to_timestamp(
        ('x' || translate(left(NEW.id::text, 13), '-', ''))::bit(48)::bigint / 1000.0);
    IF substr(NEW.id::text, 15, 1) <> '7' OR abs(extract(epoch FROM id_time - NEW.at)) > 3600 THEN
        RAISE EXCEPTION 'event id % is no UUID version 7 of this hour', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    -- Not xmin: inside a savepoint that is the sub-transaction's.
    NEW.txid := pg_current_xact_id();
    RETURN NEW;
END $$;

CREATE FUNCTION audit.queue_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO audit.pending (log_id, at, id) VALUES (NEW.log_id, NEW.at, NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: the audit log is append-only',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

REVOKE ALL ON FUNCTION audit.stamp_event(), audit.queue_event(), audit.refuse_change() FROM PUBLIC;

CREATE TRIGGER stamp BEFORE INSERT ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.stamp_event();
CREATE TRIGGER queue AFTER INSERT ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.queue_event();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit.event
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
-- ALWAYS: also when a superuser sets session_replication_role to replica.
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER stamp;
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER queue;
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER append_only_truncate;

-- Makes the monthly partitions from the month of `since` on, for `months` months; returns how
-- many were missing. A partition has no grants: rows go in and out through the parent alone.
CREATE FUNCTION audit.make_partitions(since date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month date;
    name  text;
    made  integer := 0;
    guard text;
BEGIN
    IF months NOT BETWEEN 1 AND 120 THEN
        RAISE EXCEPTION 'months must be 1 to 120, not %', months;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit.make_partitions'));
    FOR offset_months IN 0 .. months - 1 LOOP
        month := (date_trunc('month', since) + make_interval(months => offset_months))::date;
        name := 'event_' || to_char(month, '"y"YYYY"m"MM');
        CONTINUE WHEN to_regclass('audit.' || name) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE audit.%I PARTITION OF audit.event FOR VALUES FROM (%L) TO (%L)', name,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
        EXECUTE format('ALTER TABLE audit.%I ADD PRIMARY KEY (id)', name);
        -- Row triggers come from the parent; statement triggers do not, and how far ALWAYS is
        -- inherited has changed between server versions.
        EXECUTE format(
            'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit.%I
             FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name);
        FOREACH guard IN ARRAY ARRAY['stamp', 'queue', 'append_only', 'append_only_truncate'] LOOP
            EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER %I', name, guard);
        END LOOP;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION audit.make_partitions(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.make_partitions(date, integer) TO lpr_worker;

SELECT audit.make_partitions(current_date - 31, 5);

-- What the event named by the transaction-local settings `audit.open` (its id) and `audit.open_at`
-- (its time, so that one partition is searched) opens, if this very transaction recorded it. The
-- only way for the service to see a read; pointing the settings elsewhere opens nothing.
CREATE TYPE audit.opening AS (plate text, state text, start_at timestamptz, end_at timestamptz);

CREATE FUNCTION audit.opened() RETURNS audit.opening
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
REVOKE ALL ON FUNCTION audit.opened() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.opened() TO lpr_app, lpr_worker;
