"""The database's roles and what each may do."""
