"""What everything shares, top to bottom: each layer imports only those below it.

use           enqueue, observe, operations   what can be asked of a fleet
store         store/                         the only place that speaks Redis
declarations  catalogue                      queues and job types
decisions     policy, ticks, codec           pure values and pure functions
words         jobs, errors, settings, clock
"""
