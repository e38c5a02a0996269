"""Pages of what happens between two people. Strangers, moderators among them, get 404."""
