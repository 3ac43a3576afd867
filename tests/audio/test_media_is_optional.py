"""Every module imports where PyAV is not installed; only its formats need it."""

import subprocess
import sys


def test_the_media_module_imports_without_pyav():
    code = "import sys; sys.modules['av'] = None; import semdnn.audio.media, semdnn.audio.decoding"
    subprocess.run([sys.executable, "-c", code], check=True)
