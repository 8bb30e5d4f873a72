"""Maps: tiles from where the operator says, streets from our own tables, and pictures of both."""
