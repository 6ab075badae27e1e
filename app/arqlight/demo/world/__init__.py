"""A world for auto-healing: stand-ins for sites, their servers and wp-cli, for tests and the demonstration."""
