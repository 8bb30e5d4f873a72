"""What cameras saw: sources, cameras, feeds, reads with their photographs, quarantine."""
