"""The HTTP way in: the same operations and views as screen and command line, and what other programs post to us."""
