"""The task hub: tasks of OpenProject, told of and steered by Telegram, with reminders.

tables    what is written down; `records` opens it
requests  what jobs carry
people    users and their chats
saying    what is said to somebody, once, by the queue of Telegram messages
"""
