"""Figures: arrays in, Axes out; the only place that draws."""
