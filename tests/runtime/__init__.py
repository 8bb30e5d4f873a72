"""Starting, watching and stopping."""
