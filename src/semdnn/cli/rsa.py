"""``semdnn rsa``: which models predict listeners."""

import re
from pathlib import Path
from typing import Any

import click

from semdnn.cli.arguments import EXISTING_FOLDER, NOT_NEGATIVE, OUTPUT_FOLDER, FiniteFloat
from semdnn.cli.outputs import spare_inputs
from semdnn.comparison.registry import open_model
from semdnn.comparison.stimuli import stimuli_of
from semdnn.evaluation.behaviour import leave_out_incomplete, read_behaviour
from semdnn.experiment.listener_models import candidates
from semdnn.experiment.listeners import compare_with_listeners
from semdnn.experiment.listeners_report import write_listeners
from semdnn.experiment.listeners_result import ListenerSettings
from semdnn.experiment.listeners_tables import results_table

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
WRITTEN = ("results.csv", "results.json", "report.html")
KINDS = ("dissimilarity", "similarity", "confusion", "merges", "partitions")


@click.command("rsa")
@click.argument("behaviour", type=click.Path(exists=True, path_type=Path))
@click.option("--audio", type=EXISTING_FOLDER, help="Recordings, named as the stimuli are.")
@click.option(
    "--models",
    "specs",
    multiple=True,
    required=True,
    metavar="SPEC",
    help="A model; give it once for each: semdnn-small, FILE, yamnet:FILE, words:minilm …",
)
@click.option(
    "--descriptions",
    type=EXISTING_FILE,
    help="CSV with columns name and description, for word models.",
)
@click.option(
    "--stimuli",
    "names",
    type=EXISTING_FILE,
    help="Names of the stimuli, a line each, for data without names.",
)
@click.option("--kind", type=click.Choice(KINDS), help="What the values are.")
@click.option("--variable", help="Which variable of an NPZ or MATLAB file.")
@click.option(
    "--asymmetric",
    type=click.Choice(("refuse", "mean")),
    default="refuse",
    show_default=True,
    help="What to do with matrices that are not symmetric.",
)
@click.option(
    "--leave-out",
    type=click.Choice(("listeners", "stimuli")),
    help="Leave out those with missing judgements.",
)
@click.option(
    "--metric",
    type=click.Choice(("cosine", "correlation")),
    default="cosine",
    show_default=True,
    help="Distance of two stimuli in a layer.",
)
@click.option(
    "--transform",
    type=click.Choice(("raw", "zscore", "rank")),
    default="raw",
    show_default=True,
    help="Of each listener's dissimilarities.",
)
@click.option(
    "--layers",
    type=click.Choice(("together", "each")),
    default="together",
    show_default=True,
    help="All layers in one regression, or each a model.",
)
@click.option(
    "--ridge",
    type=NOT_NEGATIVE,
    default=0.0,
    show_default=True,
    help="Penalty on the layers' coefficients.",
)
@click.option(
    "--held-out",
    type=FiniteFloat(0, 0.5),
    help="Share of stimuli held out.  [default: 0; 0.3 for a group's mean]",
)
@click.option(
    "--splits",
    "n_splits",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Random halves of the listeners.",
)
@click.option(
    "--permutations",
    "n_permutations",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Random orders of the stimuli.",
)
@click.option(
    "--partition",
    "partitions",
    multiple=True,
    nargs=2,
    metavar="MODEL MODEL",
    help="Take the variance of two models apart; their names as in the table.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("-o", "--output", required=True, type=OUTPUT_FOLDER, help="Folder for results.")
def command(*, behaviour: Path, output: Path, **options: Any) -> int:
    """Predict the dissimilarities in BEHAVIOUR from models, by cross-validated RSA.

    BEHAVIOUR is a CSV, NPZ or MATLAB file, or a folder with rdm.csv or subjects.npz. Writes a
    table, results.json, results.csv, figures and report.html. Interrupt it anywhere: models
    that were heard are not heard again.
    """
    given = {key: options.pop(key) for key in ("kind", "variable", "asymmetric")}
    names, leave_out = options.pop("names"), options.pop("leave_out")
    audio, descriptions, specs = (options.pop(key) for key in ("audio", "descriptions", "specs"))
    read = [path for path in (behaviour, audio, descriptions, names) if path is not None]
    read += [Path(part) for spec in specs for part in (spec, *re.split("[=:]", spec)[1:])]
    spare_inputs([output, *(output / name for name in WRITTEN)], read)
    stimuli = names.read_text(encoding="utf-8").split("\n") if names else []
    data = read_behaviour(behaviour, stimuli=[name.strip() for name in stimuli if name], **given)
    if leave_out:
        data = leave_out_incomplete(data, leave_out)
    result = compare_with_listeners(
        data,
        stimuli_of(data, audio, descriptions),
        candidates(specs, open_model),
        ListenerSettings(**options),
        output,
        lambda line: click.echo(line, err=True),
    )
    report = write_listeners(output, result)
    click.echo(results_table(result))
    click.echo(f"\nreport: {report}")
    return 1 if result.failures else 0
