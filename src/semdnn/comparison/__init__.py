"""Models that are held against the family: other networks, word models, acoustic baselines."""
