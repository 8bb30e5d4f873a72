-- A report ends with its query, and its file with the report, by whatever hand or job (QRY-13).
ALTER TABLE queries_queryreport
    ADD CONSTRAINT queries_queryreport_of_query FOREIGN KEY (query_id)
        REFERENCES queries_recentquery (id) ON DELETE CASCADE;
ALTER TABLE queries_reportpart
    ADD CONSTRAINT queries_reportpart_of_report FOREIGN KEY (report_id)
        REFERENCES queries_queryreport (id) ON DELETE CASCADE;

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
