"""Tables of facts from public sources; each file says whose, of which year, and why that year."""
