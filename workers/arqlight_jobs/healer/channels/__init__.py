"""The ways to people: mail, a webhook, Telegram, and the control room itself.

Each module says whether it `is_set`, cuts a notice into `parts`, and `send`s one of them: the effect of one key.
"""
