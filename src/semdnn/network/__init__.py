"""The network family, its registry and its checkpoints."""
