-- What waits already: its source, camera and photographs out of batch and payload.

UPDATE ingest_quarantinedread q
   SET source_id = b.source_id,
       camera = left(coalesce(q.payload ->> 'camera', ''), 60),
       read = CASE WHEN jsonb_typeof(q.payload) = 'object' THEN q.payload ELSE '{}' END,
       photographs = ARRAY(
           SELECT decode(photo ->> 'sha256', 'hex')
             FROM jsonb_array_elements(CASE WHEN jsonb_typeof(q.payload -> 'photos') = 'array'
                                            THEN q.payload -> 'photos' ELSE '[]' END) AS photo
            WHERE photo ->> 'sha256' ~ '^[0-9a-f]{64}$')
  FROM ingest_batch b
 WHERE b.id = q.batch_id;

-- Or the references just written would still be unchecked when the column is altered.
SET CONSTRAINTS ALL IMMEDIATE;
