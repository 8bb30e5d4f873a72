-- Streets and addresses in native types, each data set in partitions of its own: nothing is ever
-- updated in place, a data set comes and goes whole. Coordinates are Web Mercator metres. Functions
-- name pg_temp last: see the audit room's 0002_event.sql.

CREATE TABLE geo_address (
    dataset_id bigint NOT NULL,
    pt         point NOT NULL,
    address    text NOT NULL
) PARTITION BY LIST (dataset_id);

CREATE TABLE geo_intersection (
    dataset_id bigint NOT NULL,
    pt         point NOT NULL,
    name       text NOT NULL
) PARTITION BY LIST (dataset_id);

-- `poly` is the line there and back (A, B, C, B): the distance to such a polygon is the distance to
-- the line. House numbers run along it on its left and right; `…_step` is 2 where a side has only
-- odd or only even ones, `…_prefix` what stands before the number ("12-" in Queens). `rank` is 1
-- for highways, 2 for main roads, 3 for streets.
CREATE TABLE geo_segment (
    dataset_id   bigint NOT NULL,
    poly         polygon NOT NULL,
    name         text NOT NULL,
    rank         smallint NOT NULL,
    left_from    integer,
    left_to      integer,
    left_step    smallint,
    left_prefix  text,
    right_from   integer,
    right_to     integer,
    right_step   smallint,
    right_prefix text
) PARTITION BY LIST (dataset_id);

-- Makes the partitions that a data set is loaded into; nobody asks them before it is active.
CREATE FUNCTION geo_make_partitions(dataset bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
BEGIN
    IF NOT EXISTS (SELECT FROM public.ingest_geodataset g
                    WHERE g.id = dataset AND g.status = 'loading') THEN
        RAISE EXCEPTION 'data set % is not being loaded', dataset;
    END IF;
    FOREACH parent IN ARRAY ARRAY['geo_address', 'geo_intersection', 'geo_segment'] LOOP
        -- No grants: rows are reached through the parent's alone.
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)',
                       parent || '_d' || dataset, parent);
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES IN (%s)',
                       parent, parent || '_d' || dataset, dataset);
    END LOOP;
END $$;

-- Indexes a loaded data set. After the rows are in: it is quicker, and the planner then knows both.
CREATE FUNCTION geo_index_partitions(dataset bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.ingest_geodataset g
                    WHERE g.id = dataset AND g.status = 'loading') THEN
        RAISE EXCEPTION 'data set % is not being loaded', dataset;
    END IF;
    EXECUTE format('CREATE INDEX ON public.%I USING spgist (pt)', 'geo_address_d' || dataset);
    EXECUTE format('CREATE INDEX ON public.%I USING spgist (pt)', 'geo_intersection_d' || dataset);
    EXECUTE format('CREATE INDEX ON public.%I USING spgist (poly)', 'geo_segment_d' || dataset);
    EXECUTE format('ANALYZE public.%I, public.%I, public.%I', 'geo_address_d' || dataset,
                   'geo_intersection_d' || dataset, 'geo_segment_d' || dataset);
END $$;

-- Drops a data set's partitions, never those of one in use.
CREATE FUNCTION geo_drop_partitions(dataset bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- Whoever reads the parents would wait behind us: rather try again later.
SET lock_timeout = '2s' AS $$
DECLARE
    parent text;
BEGIN
    IF EXISTS (SELECT FROM public.ingest_geodataset g
                WHERE g.id = dataset AND g.status = 'active') THEN
        RAISE EXCEPTION 'data set % is in use', dataset;
    END IF;
    FOREACH parent IN ARRAY ARRAY['geo_address', 'geo_intersection', 'geo_segment'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS public.%I', parent || '_d' || dataset);
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION geo_make_partitions(bigint), geo_index_partitions(bigint),
                       geo_drop_partitions(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION geo_make_partitions(bigint), geo_index_partitions(bigint),
                          geo_drop_partitions(bigint) TO lpr_places;
