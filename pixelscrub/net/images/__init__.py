"""Text detection for one image a request: `server` answers, `service` finds, `form` reads."""
