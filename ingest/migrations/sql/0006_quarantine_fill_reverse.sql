-- The columns go with the migration.
SET CONSTRAINTS ALL IMMEDIATE;
