"""What ``manage.py weigh`` does: load pages in a real browser and count what came over the wire."""
