"""The frame: settings, URLs, middleware, admin site, base templates. Rooms never import it."""
