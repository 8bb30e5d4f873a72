-- Where each read was made, and the guard that no read is kept where or when the law forbids it.
-- Functions name pg_temp last: see the audit room's 0002_event.sql.

-- The county's FIPS code, as a number; its thousands are the state's. Rows from before have none.
ALTER TABLE ingest_read ADD COLUMN county integer;
ALTER TABLE ingest_read ADD CONSTRAINT read_has_county CHECK (county BETWEEN 1000 AND 99999)
    NOT VALID;
ALTER TABLE ingest_read ADD CONSTRAINT read_county_known CHECK (county IS NOT NULL) NOT VALID;

-- What holds in a county on a day (UTC): the rule of its state and, where there is one, its own,
-- the stricter of the two. Of several for one place the latest that has begun. No row without a
-- rule of the state. `ingest.lawfulness.Rulebook` says the same; a test compares the two.
CREATE FUNCTION ingest_rule_of(county integer, day date)
RETURNS TABLE (is_lawful boolean, retention_days integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH begun AS (
        SELECT DISTINCT ON (rule.geoid) rule.geoid, rule.is_lawful, rule.retention_days
          FROM public.ingest_jurisdictionrule rule
         WHERE rule.geoid IN ($1, $1 / 1000)
           AND rule.withdrawn_at IS NULL AND rule.valid_from <= $2
         ORDER BY rule.geoid, rule.valid_from DESC
    )
    SELECT bool_and(begun.is_lawful), min(begun.retention_days)::integer
      FROM begun HAVING bool_or(begun.geoid < 100)
$$;
REVOKE ALL ON FUNCTION ingest_rule_of(integer, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_rule_of(integer, date) TO lpr_app, lpr_worker;

-- Asked once a statement, of what it stored: its counties and the oldest capture in each.
CREATE FUNCTION ingest_check_lawful() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unlawful integer;
BEGIN
    -- A rule that is being entered is waited for: what is read below is what holds.
    PERFORM pg_advisory_xact_lock_shared(hashtext('ingest.rules'));
    SELECT stored.county INTO unlawful
      FROM (SELECT fresh.county, min(fresh.captured_at) AS oldest FROM fresh GROUP BY 1) stored
      LEFT JOIN LATERAL public.ingest_rule_of(stored.county, (now() AT TIME ZONE 'UTC')::date) rule
             ON true
     WHERE rule.is_lawful IS NOT TRUE
        -- In hours: a day of the session's own time zone may have 23. A day more than the rule
        -- gives, for what was on its way when its time was over.
        OR stored.oldest < now() - make_interval(hours => 24 * (rule.retention_days + 1))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'no rule lets these reads of county % be kept', unlawful
            USING ERRCODE = 'check_violation', TABLE = 'ingest_read',
                  CONSTRAINT = 'read_is_lawful';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ingest_check_lawful() FROM PUBLIC;
CREATE TRIGGER lawful AFTER INSERT ON ingest_read
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ingest_check_lawful();
ALTER TABLE ingest_read ENABLE ALWAYS TRIGGER lawful;
