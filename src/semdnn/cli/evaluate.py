"""``semdnn evaluate``: scores of checkpoints on test sets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from semdnn.cli.arguments import CLUSTER, NAMED_FOLDER, OUTPUT_FOLDER, distinct
from semdnn.cli.outputs import spare_inputs


@click.command("evaluate")
@click.argument("checkpoints", nargs=-1, required=True, metavar="CHECKPOINT...")
@click.option(
    "--on",
    "sets",
    multiple=True,
    required=True,
    type=NAMED_FOLDER,
    callback=distinct,
    help="A set: esc50, urbansound8k, fsd50k, msos, or a described folder under a name of "
    "your own. May be given several times.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OUTPUT_FOLDER,
    help="Folder for scores.json, evaluation.json, tables (CSV), figures and log-mel patches.",
)
@click.option(
    "--library",
    "--exclude-from",
    "libraries",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A training library, or a table of its sounds (a run's sounds.csv): sounds cut from its "
    "recordings are left out of the sets. May be given several times.",
)
@click.option("--layer", "layers", multiple=True, help="A further layer to compare with classes.")
@click.option(
    "--yamnet",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAMNet's weights (ONNX) with its class map beside them: a baseline.",
)
@click.option(
    "--cache",
    type=OUTPUT_FOLDER,
    help="Folder of log-mel patches to use and add to, such as a run's external/.",
)
@CLUSTER
def command(  # noqa: PLR0913 - one argument an option
    *,
    checkpoints: tuple[str, ...],
    sets: dict[str, Path],
    output: Path,
    libraries: tuple[Path, ...],
    layers: tuple[str, ...],
    yamnet: Path | None,
    cache: Path | None,
    cluster: str | None,
) -> None:
    """Score each CHECKPOINT (a file, NAME=FILE, or a shipped network's name) on test sets.

    Nothing is trained. Several checkpoints stand side by side, with paired tests between them.
    """
    from semdnn.experiment.external import Request, evaluate_external, load_checkpoints  # noqa: PLC0415
    from semdnn.experiment.external_files import TABLES, check_output, write_external  # noqa: PLC0415
    from semdnn.experiment.overlap import read_recordings  # noqa: PLC0415
    from semdnn.experiment.tables import score_text  # noqa: PLC0415
    from semdnn.features.cluster import cluster_executor  # noqa: PLC0415

    check_output(output)
    spare_inputs([output], sets.values(), what="sets")
    spare_inputs((output / name for name in TABLES), libraries)
    trained_on = {key for place in libraries for key in read_recordings(place)}
    with cluster_executor(cluster) as executor:
        request = Request(
            checkpoints=load_checkpoints(checkpoints),
            folders=sets,
            cache=cache or output / "features",
            trained_on=tuple(sorted(trained_on)),
            layers=layers,
            yamnet=yamnet,
            executor=executor,
        )
        results = evaluate_external(request, tell=lambda line: click.echo(line, err=True))
    click.echo(score_text(results.plain))
    for name, facts in results.sets.items():
        click.echo(_note(name, facts))
    files = write_external(output, request, results)
    click.echo("\n" + "\n".join(str(path) for path in files))


def _note(name: str, facts: Mapping[str, Any]) -> str:
    missing = facts["missing_words"]
    words = ", ".join(f"{word} ({n})" for word, n in list(missing.items())[:5])
    lacking = f"; words the dictionary lacks: {len(missing)} ({words})" if words else ""
    return (
        f"\n{name}: {len(facts['overlap_sounds'])} sounds of {len(facts['overlap_recordings'])} "
        f"recordings left out because they were trained on; {len(facts['failures'])} not read; "
        f"{facts['n_without_words']} without a dictionary word{lacking}"
    )
