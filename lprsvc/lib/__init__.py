"""Small pure helpers that know nothing of any room: no models, no settings, no imports upward."""
