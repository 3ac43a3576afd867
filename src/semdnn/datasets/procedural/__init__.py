"""A synthesised sound library: to run and test everything anywhere, not data about the world."""
