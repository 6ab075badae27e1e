"""What the job domains share when they talk to the outside: no domain itself, and it knows none.

client     opens HTTP clients
guard      keeps URLs that people gave away from the inside
verdict    what an answer, or its absence, means for the job
hints      when a server wants to be asked again
outbox     each effect once, or at least once, across crashes
effects    the table that the outbox writes down
database   the database of domain records
rows       its rows as values
placeholders  a person's own words in a text
cache      answers worth keeping for a while
"""
