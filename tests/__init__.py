"""What lprsvc promises, shown."""
