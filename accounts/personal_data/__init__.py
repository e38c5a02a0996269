"""A person's own data: taking it along, and erasing it.

Accounts are the lowest room, so the rooms above register what they keep about people: see ``registry``.
"""
