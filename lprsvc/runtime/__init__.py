"""Starting, watching and stopping the service's processes."""
