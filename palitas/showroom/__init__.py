"""A site of its own, filled with the demo and served as in production: what is photographed and measured."""
