"""What is known of each provider: its addresses, what it takes and refuses, and what each of its errors means.

No domain itself. A provider's facts are tables, its module turns a wish into a request and an answer into an id.
"""
