"""What people do with a library: label it."""
