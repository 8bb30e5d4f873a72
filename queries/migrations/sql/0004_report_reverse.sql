DROP POLICY erased ON queries_reportpart;
DROP POLICY found ON queries_reportpart;
DROP POLICY written ON queries_reportpart;
DROP POLICY downloaded ON queries_reportpart;
ALTER TABLE queries_reportpart NO FORCE ROW LEVEL SECURITY;
ALTER TABLE queries_reportpart DISABLE ROW LEVEL SECURITY;
DROP FUNCTION queries_opened_report();
ALTER TABLE queries_reportpart DROP CONSTRAINT queries_reportpart_of_report;
ALTER TABLE queries_queryreport DROP CONSTRAINT queries_queryreport_of_query;
