"""From descriptions to words, vectors, targets, and from predictions back to words."""
