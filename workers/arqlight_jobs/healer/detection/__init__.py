"""What each symptom looks like, as pure functions from evidence: of code, of the server, and of a site's state."""
