"""Copies of the pictures, and of a SQLite database, in a folder or bucket of their own; see decision 0009.

PostgreSQL is backed up by pgBackRest: ``deploy/backup``.
"""
