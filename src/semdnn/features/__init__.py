"""From samples to log-mel patches, in memory and on disk."""
