"""A synthesised sound library: a way to run and test everything anywhere, not data about the world."""
