DROP FUNCTION geo_drop_partitions(bigint);
DROP FUNCTION geo_index_partitions(bigint);
DROP FUNCTION geo_make_partitions(bigint);
DROP TABLE geo_segment CASCADE;
DROP TABLE geo_intersection CASCADE;
DROP TABLE geo_address CASCADE;
