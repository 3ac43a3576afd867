"""semDNN: networks that hear what sounds mean."""

__version__ = "0.1.0"
