"""`arqlight hub`: tasks of OpenProject, whom they are told to, and when."""

from cyclopts import App

from arqlight.commands import hub_poll, hub_reminders, hub_tasks, hub_users

hub = App(name="hub", help="The task hub: user, link, task, tasks, change, remind, reminders, sync, poll.")

hub.command(hub_users.user)
hub.command(hub_users.link)
hub.command(hub_tasks.task)
hub.command(hub_tasks.tasks)
hub.command(hub_tasks.change)
hub.command(hub_tasks.sync)
hub.command(hub_reminders.remind)
hub.command(hub_reminders.reminders)
hub.command(hub_poll.poll)
