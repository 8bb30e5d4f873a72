DROP INDEX audit.event_by_behalf;
