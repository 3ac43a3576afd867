"""The names of the package itself."""

import subprocess
import sys

import pytest

import semdnn
from semdnn.errors import SemdnnError
from semdnn.model import SemanticModel


def test_public_names_are_those_of_the_modules():
    assert semdnn.SemanticModel is SemanticModel
    assert semdnn.SemdnnError is SemdnnError
    for name in semdnn.__all__:
        assert getattr(semdnn, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        semdnn.Nothing  # noqa: B018


def test_import_is_light():
    code = (
        "import semdnn, sys; print(sorted({'numpy', 'torch', 'semdnn.model'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
