"""The demonstration's own judgement."""
