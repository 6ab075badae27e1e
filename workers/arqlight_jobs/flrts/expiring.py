"""What is forgotten of the task hub: what was said and heard, and what is over. Tasks stay while OpenProject has them.

Texts go whatever became of them: after a day or more nobody wants one that was not sent. A change that is not sent yet
stays, as does a reminder that is planned.
"""

from arqlight_jobs.expiry import Category
from arqlight_jobs.flrts.tables import hooks, people, reminders, speech, tasks, wishes

MESSAGES = Category("task hub messages", speech.messages, speech.messages.c.at)
UPDATES = Category("telegram updates", speech.updates, speech.updates.c.received_at)
USES = Category("uses of commands", speech.uses, speech.uses.c.at)
HOOKS = Category("openproject posts", hooks.hooks, hooks.hooks.c.received_at)
CHANGES = Category("task changes", tasks.changes, tasks.changes.c.ended_at)
PROCESSED = Category("processed jobs", tasks.processed_jobs, tasks.processed_jobs.c.at)
REMINDERS = Category("reminders", reminders.reminders, reminders.reminders.c.ended_at)
WISHES = Category("wishes for tasks", wishes.wishes, wishes.wishes.c.until)
CODES = Category("codes for chats", people.links, people.links.c.until)
