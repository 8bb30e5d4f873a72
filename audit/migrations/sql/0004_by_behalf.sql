CREATE INDEX event_by_behalf ON audit.event (log_id, behalf, at DESC, id DESC) WHERE behalf IS NOT NULL;
