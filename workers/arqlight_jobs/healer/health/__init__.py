"""Looking at sites, servers and the fleet: what was measured, how bad it is, and whether somebody must know.

thresholds  what may be measured before it is bad: three tables
grading     from measurements to a grade: pure
deciding    from grades in a row to what is done about it: pure
samples     the health history: one sample a target and five minutes
site, server, system   how each is measured
hosts       the registry of servers
"""
