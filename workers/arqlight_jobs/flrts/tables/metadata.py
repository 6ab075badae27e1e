"""What all tables of the task hub have in common."""

from sqlalchemy import MetaData

metadata = MetaData()

LONGEST_ID = 64
LONGEST_WORD = 160
