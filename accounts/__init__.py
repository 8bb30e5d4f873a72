"""Who may act: agencies, people, roles, permissions, and the rules they agree to."""
