"""What people fill in: messages, agreements, reviews."""
