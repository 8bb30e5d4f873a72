"""Reading streets and addresses from files, purely: each format is a module that yields rows."""
