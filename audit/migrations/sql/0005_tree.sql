-- The tree over the log: leaves, tiles, heads, checkpoints and the keys that signed them. All but
-- the heads is append-only, to every role; a head may only grow.

CREATE TABLE audit.leaf (
    log_id uuid        NOT NULL REFERENCES audit.log (id),
    idx    bigint      NOT NULL CHECK (idx >= 0),
    id     uuid        NOT NULL,
    at     timestamptz NOT NULL,
    kind   text        NOT NULL,
    body   bytea       NOT NULL CHECK (octet_length(body) = 32),
    hash   bytea       NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (log_id, idx)
);
-- An event has one leaf: two sequencers at once could not both give it one.
CREATE UNIQUE INDEX leaf_of_event ON audit.leaf (id, log_id);

CREATE TABLE audit.tile (
    log_id uuid     NOT NULL REFERENCES audit.log (id),
    level  smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    n      bigint   NOT NULL CHECK (n >= 0),
    data   bytea    NOT NULL CHECK (octet_length(data) = 8192),
    root   bytea    NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (log_id, level, n)
);

CREATE TABLE audit.head (
    log_id     uuid        PRIMARY KEY REFERENCES audit.log (id),
    size       bigint      NOT NULL CHECK (size >= 0),
    root       bytea       NOT NULL CHECK (octet_length(root) = 32),
    updated_at timestamptz NOT NULL
);

CREATE TABLE audit.checkpoint (
    log_id uuid        NOT NULL REFERENCES audit.log (id),
    size   bigint      NOT NULL CHECK (size > 0),
    root   bytea       NOT NULL CHECK (octet_length(root) = 32),
    note   text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (log_id, size)
);

CREATE TABLE audit.signing_key (
    log_id   uuid        NOT NULL REFERENCES audit.log (id),
    verifier text        NOT NULL,
    since    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (log_id, verifier)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['leaf', 'tile', 'checkpoint', 'signing_key'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.%I
             FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()', name);
        EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER append_only', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['leaf', 'tile', 'head', 'checkpoint', 'signing_key'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit.%I
             FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name);
        EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER append_only_truncate', name);
    END LOOP;
END $$;

CREATE FUNCTION audit.grow_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.log_id <> OLD.log_id OR NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'the head of a log may only grow: % to %', OLD.size, NEW.size
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION audit.grow_only() FROM PUBLIC;
CREATE TRIGGER grow_only BEFORE UPDATE OR DELETE ON audit.head
    FOR EACH ROW EXECUTE FUNCTION audit.grow_only();
ALTER TABLE audit.head ENABLE ALWAYS TRIGGER grow_only;

-- Every log has a head from its first moment: the empty tree, whose root is the hash of nothing.
CREATE FUNCTION audit.make_head() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO audit.head (log_id, size, root, updated_at)
    VALUES (NEW.id, 0, sha256(''), clock_timestamp());
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit.make_head() FROM PUBLIC;
CREATE TRIGGER make_head AFTER INSERT ON audit.log
    FOR EACH ROW EXECUTE FUNCTION audit.make_head();
ALTER TABLE audit.log ENABLE ALWAYS TRIGGER make_head;
INSERT INTO audit.head (log_id, size, root, updated_at)
SELECT id, 0, sha256(''), clock_timestamp() FROM audit.log;

-- Puts events back into the queue that have no leaf though they are older than `age` and no longer
-- queued: somebody took them out. Returns their ids.
CREATE FUNCTION audit.requeue(age interval, within interval) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH lost AS (
        SELECT e.log_id, e.at, e.id FROM audit.event e
         WHERE e.at BETWEEN clock_timestamp() - within AND clock_timestamp() - age
           AND NOT EXISTS (SELECT FROM audit.leaf l WHERE l.id = e.id AND l.log_id = e.log_id)
           AND NOT EXISTS (SELECT FROM audit.pending p
                            WHERE p.log_id = e.log_id AND p.at = e.at AND p.id = e.id)
           AND NOT EXISTS (SELECT FROM audit.event r
                            WHERE r.log_id = e.log_id AND r.parent = e.id::text
                              AND r.kind = 'audit.rejected'))
    INSERT INTO audit.pending (log_id, at, id) SELECT * FROM lost RETURNING pending.id;
END $$;
REVOKE ALL ON FUNCTION audit.requeue(interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.requeue(interval, interval) TO lpr_sequencer;

-- The sequencer tells what befalls the log itself, and nothing else of anybody.
CREATE FUNCTION audit.check_sequencer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user = 'lpr_sequencer' AND NEW.kind NOT IN (
        'audit.rejected', 'system.guard_changed', 'system.key_rotated', 'system.heartbeat')
    THEN
        RAISE EXCEPTION 'the sequencer may not record %', NEW.kind
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION audit.check_sequencer() FROM PUBLIC;
CREATE TRIGGER check_sequencer BEFORE INSERT ON audit.event
    FOR EACH ROW EXECUTE FUNCTION audit.check_sequencer();
