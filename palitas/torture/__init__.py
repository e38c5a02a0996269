"""What ``manage.py torture`` does: many processes at the same thing, and workers that are killed while they work."""
