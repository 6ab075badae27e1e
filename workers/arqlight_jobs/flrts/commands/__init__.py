"""What people can say to the bot.

parsing   from a text to a command and its arguments
acts      what each command does
declared  the table of them, of which /help is made
"""
