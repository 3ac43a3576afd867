"""Published weights, from whatever file they came in, to one safetensors file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from safetensors.numpy import save_file

from semdnn.comparison.interface import ComparisonError
from semdnn.comparison.kell import KELL
from semdnn.comparison.vggish import VGGISH
from semdnn.comparison.weight_files import read_arrays
from semdnn.comparison.weights import PublishedNetwork, arrange
from semdnn.files import canonical_json, replacing

NETWORKS: Mapping[str, PublishedNetwork] = {row.name: row for row in (VGGISH, KELL)}


def convert_weights(network: str, sources: Sequence[Path], target: Path) -> None:
    """Write the weights of a published network to a safetensors file.

    Nothing in the sources is executed, and only the tensors that the network needs are kept. The
    file says in its metadata where the weights come from and under what licence.

    Parameters
    ----------
    network : str
        A key of `NETWORKS`.
    sources : sequence of Path
        Files or folders that hold the weights together; see `FORMATS`.
    target : Path
        The file to write; only replaced when all is well.

    Raises
    ------
    ComparisonError
        If there is no such network, a source cannot be read, or a tensor is missing, doubled, of
        the wrong shape or not finite.
    """
    if network not in NETWORKS:
        raise ComparisonError(f"no network {network!r}: one of {', '.join(NETWORKS)}")
    row = NETWORKS[network]
    arrays = {name: array for path in sources for name, array in read_arrays(path).items()}
    weights = arrange(row, arrays, ", ".join(map(str, sources)))
    described = {
        "network": network,
        "files": [path.name for path in sources],
        **asdict(row.card),
    }
    with replacing(target) as temporary:
        save_file(weights, temporary, metadata={"semdnn": canonical_json(described)})
