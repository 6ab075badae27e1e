"""WordPress sites that heal: incidents from first symptom to end, checks, retention, notifications."""
