"""What is kept for how long, and what is written down when it goes.

days        how many days count: 1 to 7, whatever anybody says
purge       rows that are too old, category by category
artifacts   files that no record refers to, under registered roots only
trail       the audit log of all of it: a chain of hashes, whose purged beginning a tombstone stands for
holds       what a court wants to be kept
"""
