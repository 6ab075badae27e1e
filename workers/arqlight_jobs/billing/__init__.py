"""Validation of billing files: a CSV export is checked against 23 rules and its records are kept.

Read in this order: `intake` takes a file in; `validation` declares the queue and the job; `attempt` runs the steps
with `columns`, `reading` and `rows` (text to typed rows), `rules` (what is checked), `scan` (rules over
groups of rows) and `ledger` (every write, refused once the lease is lost); `intake.report` tells what was found.
"""
