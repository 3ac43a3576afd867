"""From any sound file to 16 kHz mono samples, and from frames to patches."""
