"""The five systems: one package per domain, one module per queue."""
