-- A mark ends with its query, by whatever hand or job the query is erased (QRY-11, QRY-13): the
-- database sees to it, so no role needs to see or delete marks for it.
ALTER TABLE queries_hitmark
    ADD CONSTRAINT queries_hitmark_of_query FOREIGN KEY (query_id)
        REFERENCES queries_recentquery (id) ON DELETE CASCADE;
