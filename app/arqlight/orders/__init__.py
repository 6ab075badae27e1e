"""What can be ordered from a domain, a module each: changes of its records that also queue jobs."""
