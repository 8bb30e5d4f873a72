"""The example world and its drawings."""
