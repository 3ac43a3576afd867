"""``python -m semdnn`` is the command ``semdnn``."""

from semdnn.cli.main import run

if __name__ == "__main__":
    run()
