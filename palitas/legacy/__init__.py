"""Brings people, listings, agreements and reviews over from the former site; see docs/operations.md.

One module a table. ``values`` holds the rules for single values, ``models`` the ledger in which every row of the former
site is accounted for, ``run`` the order of it all.
"""
