"""The runtime: arq workers with leases, outcomes, drain and chores."""
