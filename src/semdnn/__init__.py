"""semDNN: networks that hear what sounds mean.

The names that most programs need, each loaded when it is first used:

- `SemanticModel`: a network with its words: label, embed, compare (``SemanticModel.load``).
- `Catalogue`, `Query`, `Filters`: an indexed library, and what is asked of it.
- `SemdnnError`: what every error that a person can mend is an instance of.

Beyond them: `semdnn.recipe.load_recipe` and `semdnn.experiment.reproduce.reproduce` train, score
and report; `semdnn.comparison.registry.open_model` opens what listeners are compared with.
`semdnn.semantics` and `semdnn.evaluation` are functions on arrays: words, decoding, scores,
cross-validated RSA.

Examples
--------
>>> import semdnn
>>> semdnn.SemanticModel.load("semdnn-small").checkpoint.kind
'semdnn'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semdnn.catalogue.catalogue import Catalogue
    from semdnn.catalogue.query import Filters, Query
    from semdnn.errors import SemdnnError
    from semdnn.model import SemanticModel

__version__ = "0.1.0"

__all__ = ["Catalogue", "Filters", "Query", "SemanticModel", "SemdnnError", "__version__"]

_MODULES = {
    "Catalogue": "semdnn.catalogue.catalogue",
    "Filters": "semdnn.catalogue.query",
    "Query": "semdnn.catalogue.query",
    "SemanticModel": "semdnn.model",
    "SemdnnError": "semdnn.errors",
}


def __getattr__(name: str) -> Any:
    """Load a public name: ``import semdnn`` itself loads neither NumPy nor PyTorch."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
