"""The demonstration: a server, a fleet of two processes, traffic with faults in it, and an account of every job."""
