"""Batches, losses, the training loop and its run folder."""
