"""The paper from one recipe: prepare, train, evaluate, report."""
