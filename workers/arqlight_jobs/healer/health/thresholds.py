"""What may be measured before it is bad. The numbers are those in common use for such targets.

Disk: node-exporter's own alerts stand at 5 % and 3 % free, and at 40 % and 20 % when the trend fills the disk.
"""

from arqlight_jobs.healer.health.grading import Bound

SITE = (
    Bound("no_answer", "the home page cannot be had", failed=1),
    Bound("status", "the home page answers {value:.0f}", failed=500),
    Bound("symptom", "is sick", failed=1),
    Bound("tls_expired", "the certificate has expired", failed=1, at_once=True),
    Bound("tls_days_left", "the certificate ends in {value:.0f} days", warning=30, critical=7, falling=True),
    Bound("ttfb_ms", "the first byte takes {value:.0f} ms", warning=1500, critical=4000),
    Bound("total_ms", "the home page takes {value:.0f} ms", critical=10_000),
    Bound("redirects", "{value:.0f} redirects lead to the home page", warning=4),
)
"""A site from outside. dns_ms, connect_ms, tls_ms, bytes, wp_markers and rest_ok are noted without a bound."""

SERVER = (
    Bound("unreachable", "cannot be asked", failed=1),
    Bound("load_per_core", "the load is {value:.1f} for each core", warning=1.5, critical=3),
    Bound("memory_available", "{value:.0%} of the memory is available", warning=0.10, critical=0.05, falling=True),
    Bound("swap_used", "{value:.0%} of the swap is used", warning=0.5),
    Bound("disk_free", "{value:.0%} of the disk is free", warning=0.15, critical=0.05, falling=True),
    Bound("inodes_free", "{value:.0%} of the inodes are free", warning=0.15, critical=0.05, falling=True),
    Bound("process_missing", "does not run", critical=1),
    Bound("port_closed", "takes no connection", critical=1),
    Bound("clock_skew_s", "the clock is {value:.1f} s off", warning=1),
)
"""A machine. uptime_s and cores are noted without a bound."""

SYSTEM = (
    Bound("ping_ms", "Redis takes {value:.0f} ms to answer", warning=50, critical=250),
    Bound("clock_skew_s", "the clocks of worker and Redis are {value:.1f} s apart", warning=1),
    Bound("memory_used", "{value:.0%} of Redis' memory is used", warning=0.8, critical=0.9),
    Bound("evicted_keys", "Redis has evicted {value:.0f} keys: jobs may be lost", critical=1, at_once=True),
    Bound("may_evict", "Redis may evict jobs", critical=1, at_once=True),
    Bound("persistence_failed", "Redis cannot save", critical=1),
    Bound("not_primary", "Redis is a replica", critical=1, at_once=True),
    Bound("primary_unheard", "the primary is not heard", critical=1),
    Bound("replica_lag_s", "the slowest replica was heard of {value:.0f} s ago", warning=10),
    Bound("clients_used", "{value:.0%} of Redis' connections are open", warning=0.8, critical=0.9),
    Bound("database_ms", "the database takes {value:.0f} ms to answer", warning=250, critical=2000),
    Bound("database_away", "the database does not answer", critical=1),
    Bound("disk_free", "{value:.0%} of the data folder's disk is free", warning=0.15, critical=0.05, falling=True),
    Bound("depth", "{value:.0f} jobs wait", warning=10_000),
    Bound("oldest_s", "its oldest job waits for {value:.0f} s", warning=900),
    Bound("failed_share", "{value:.0%} of the last attempts failed", warning=0.10, critical=0.50),
    Bound("dead", "{value:.0f} dead letters", warning=1),
    Bound("breaker_open", "its breaker is open", critical=1),
    Bound("beats_missed", "has missed {value:.0f} heartbeats", warning=2, critical=5),
)
"""The fleet itself. clients, replicas, lapsed (stalled jobs, taken over) and workers are noted without a bound."""
