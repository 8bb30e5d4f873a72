-- A report ends with its query, and its file with the report, by whatever hand or job (QRY-13).
ALTER TABLE queries_queryreport
    ADD CONSTRAINT queries_queryreport_of_query FOREIGN KEY (query_id)
        REFERENCES queries_recentquery (id) ON DELETE CASCADE;
ALTER TABLE queries_reportpart
    ADD CONSTRAINT queries_reportpart_of_report FOREIGN KEY (report_id)
        REFERENCES queries_queryreport (id) ON DELETE CASCADE;

-- The query whose report a worker is just making, by the worker's own claim, and what of its hits is
-- marked not relevant: all that the worker's role may know of what people asked.
CREATE FUNCTION queries_reported_query(report uuid, claim uuid) RETURNS SETOF queries_recentquery
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT q.* FROM public.queries_queryreport r JOIN public.queries_recentquery q ON q.id = r.query_id
     WHERE r.id = $1 AND r.claim = $2 AND r.state = 'running'
$$;
CREATE FUNCTION queries_reported_not_relevant(report uuid, claim uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.read_id FROM public.queries_queryreport r JOIN public.queries_hitmark m USING (query_id)
     WHERE r.id = $1 AND r.claim = $2 AND r.state = 'running' AND NOT m.is_relevant
$$;
REVOKE ALL ON FUNCTION queries_reported_query(uuid, uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION queries_reported_not_relevant(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queries_reported_query(uuid, uuid) TO lpr_worker;
GRANT EXECUTE ON FUNCTION queries_reported_not_relevant(uuid, uuid) TO lpr_worker;

-- The report named by the `report.downloaded` event that this very transaction recorded, or null.
CREATE FUNCTION queries_opened_report() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (e.fields ->> 'report')::uuid
      FROM audit.event e
     WHERE e.id = nullif(current_setting('audit.open', true), '')::uuid
       AND e.at = nullif(current_setting('audit.open_at', true), '')::timestamptz
       AND e.txid = pg_current_xact_id_if_assigned()
       AND e.kind = 'report.downloaded' AND e.fields ->> 'outcome' = 'ok'
       AND e.fields ->> 'report' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
$$;
REVOKE ALL ON FUNCTION queries_opened_report() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queries_opened_report() TO lpr_app;

-- No audit, no file. The worker writes files and removes them; its grants let it read no content.
ALTER TABLE queries_reportpart ENABLE ROW LEVEL SECURITY;
ALTER TABLE queries_reportpart FORCE ROW LEVEL SECURITY;
CREATE POLICY downloaded ON queries_reportpart FOR SELECT TO lpr_app
    USING (report_id = (SELECT queries_opened_report()));
CREATE POLICY written ON queries_reportpart FOR INSERT TO lpr_worker WITH CHECK (true);
CREATE POLICY found ON queries_reportpart FOR SELECT TO lpr_worker USING (true);
CREATE POLICY erased ON queries_reportpart FOR DELETE TO lpr_worker USING (true);
