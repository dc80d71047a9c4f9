"""The options of `gantheory train`, and the last line on standard output."""

import dataclasses
import math
import os
import sys
from pathlib import Path
from typing import Any

import click
import jax
from click.core import ParameterSource

from gantheory import datasets, losses, recipes
from gantheory._train import _hosts, _plan, _report, _run
from gantheory.divergences import F_DIVERGENCES

__all__ = ["command"]

_POINTS, _IMAGES = recipes.Recipe("", "minimax"), recipes.ImageRecipe("", "minimax")
_LOSSES = (*losses.LOSSES, *(f"f_gan:{row}" for row in F_DIVERGENCES))
_DTYPES = ("float32", "float64", "bfloat16")


def _both(field: str) -> str:
    """Say the default of a field that both kinds of recipes have."""
    points, images = getattr(_POINTS, field), getattr(_IMAGES, field)
    return str(points) if points == images else f"{points} for points, {images} for images"


class _Finite(click.FloatRange):
    """A number in a range; NaN lies in every range of click's, and infinity in one without an end."""

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        number = super().convert(value, param, context)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, context)
        return number


class _Folder(click.Path):
    """A folder; an empty name is a shell's variable that is not set, and not the current folder."""

    def __init__(self):
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Path:
        if value == "":
            self.fail("the name of the folder is empty.", param, context)
        return super().convert(value, param, context)


_STRENGTH = _Finite(min=0)


class _Constraint(click.ParamType):
    """A constraint's name, with or without its strength behind a colon."""

    name = "constraint"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> tuple[str, float | None]:
        if isinstance(value, tuple):
            return value
        name, colon, strength = value.partition(":")
        if name not in recipes.CONSTRAINTS:
            self.fail(f"{name!r} is not one of {', '.join(recipes.CONSTRAINTS)}.", param, context)
        return name, _STRENGTH.convert(strength, param, context) if colon else None


class _OneSentence(click.Command):
    """A command that says what is wrong in one sentence: no usage, no traceback."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*args, **options)
        except click.UsageError as error:
            error.ctx = None
            raise

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except click.UsageError as error:
            error.ctx = None
            raise
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            wrong = isinstance(error, _plan.OptionError)
            if context.params.get("traceback") and not wrong:
                raise
            expected = isinstance(error, ValueError | TypeError | OSError)
            words = " ".join(str(error).split()) or "no reason given"
            sentence = words if expected else f"{type(error).__name__}: {words}"
            if not _hosts.is_first():
                raise click.exceptions.Exit(2 if wrong else 1) from None
            raise (click.UsageError if wrong else click.ClickException)(sentence) from None


def _names(names: Any) -> str:
    return ", ".join(names)


_EPILOG = """\b
Examples:
  gantheory train --data ring --preset best --checkpoint runs/ring
  gantheory train --data fashion_mnist --loss wasserstein --constraint gradient_penalty:10 --checkpoint runs/wgan
  gantheory train --checkpoint runs/wgan --resume --steps 40000

The exit code is 0 at the end, 1 for an error (files that are missing or damaged, a folder with the saves of another
training) or a training that became NaN or infinite (its last finite state is saved), 2 for wrong options, 130 after
SIGINT and 143 after SIGTERM (after a save, without scores)."""


def _option(*names: str, **settings: Any) -> Any:
    return click.option(*names, **{"show_default": True} | settings)


@click.command(
    "train",
    cls=_OneSentence,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@_option(
    "--data",
    default="digits",
    metavar="NAME",
    help=f"What to imitate: points ({_names(recipes.TARGETS)}), images ({_names(datasets.NAMES)}), or the path of a "
    "folder of images.",
)
@_option(
    "--preset",
    type=click.Choice(_plan.PRESETS),
    metavar="NAME",
    show_default="none",
    help="Start from a method's numbers instead of the defaults below: best (for points the winner of notebook 08), or "
    f"one of {_names(_plan.PRESETS[1:])}. Other options change them.",
)
@_option(
    "--loss",
    type=click.Choice(_LOSSES),
    metavar="NAME",
    show_default="non_saturating",
    help=f"One of {_names(_LOSSES)}.",
)
@_option(
    "--constraint",
    type=_Constraint(),
    metavar="NAME[:STRENGTH]",
    show_default="gradient_penalty for wasserstein, spectral_normalization for hinge, else r1",
    help=f"One of {_names(recipes.CONSTRAINTS)}.",
)
@_option(
    "--strength",
    type=_STRENGTH,
    show_default=", ".join(
        f"{name} {points:g} for points and {_plan.strengths(recipes.METHODS_IMAGES)[name]:g} for images"
        for name, points in _plan.strengths(recipes.METHODS).items()
    ),
    help="The constraint's number: clip, weight, or gamma.",
)
@_option(
    "--steps",
    type=click.IntRange(min=1),
    show_default=f"{_both('num_steps')}, or the save's",
    help="The generator's updates in TOTAL, those before a --resume included. A cosine or linear schedule falls over "
    "this total, so that prolonging such a training changes it; at constant rates it does not.",
)
@_option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, help="Of all random numbers.")
@_option(
    "--checkpoint",
    type=_Folder(),
    metavar="DIR",
    show_default="no saves",
    help="Where the saves go. A folder that holds a training is refused without --resume.",
)
@_option(
    "--resume",
    is_flag=True,
    show_default=False,
    help="Go on from the newest save in DIR, with its options where none are given; start afresh where there is none. "
    "Where it has all --steps already, it is checked and scored.",
)
@_option(
    "--every",
    type=_Finite(min=0, min_open=True),
    default=30.0,
    metavar="SECONDS",
    help="Time between saves; the first one comes at the start, the second within seconds.",
)
@_option(
    "--output",
    type=_Folder(),
    metavar="DIR",
    show_default="that of --checkpoint",
    help=f"Where pictures of samples (samples-STEP.png) and figures ({_report.LOG}) go at each save.",
)
@_option(
    "--samples",
    type=click.IntRange(1, 100_000),
    show_default=f"64 images, or {recipes.NUM_SAMPLES} points",
    help="How many samples a picture shows.",
)
@_option(
    "--batch-size", type=click.IntRange(min=1), show_default=_both("batch_size"), help="Over all devices."
)
@_option(
    "--network",
    type=click.Choice(list(recipes.NETWORKS)),
    show_default=_IMAGES.network,
    help="The pair of networks; for images.",
)
@_option(
    "--width",
    type=click.IntRange(min=1),
    show_default=_both("width"),
    help="Units of the hidden layers; for images, channels where the image is largest but one.",
)
@_option("--prior-dim", type=click.IntRange(min=1), show_default=_both("prior_dim"), help="Dimension of z.")
@_option(
    "--conditional/--unconditional",
    default=None,
    show_default="unconditional",
    help="Whether both players see the labels; for images.",
)
@_option(
    "--generator-learning-rate",
    type=_Finite(min=0, min_open=True),
    show_default=_both("generator_learning_rate"),
    help="Of Adam, at the start.",
)
@_option(
    "--discriminator-learning-rate",
    type=_Finite(min=0, min_open=True),
    show_default=_both("discriminator_learning_rate"),
    help="Likewise.",
)
@_option(
    "--critic-steps",
    "num_critic_steps",
    type=click.IntRange(min=1),
    show_default=f"{_both('num_critic_steps')}; 5 for wasserstein",
    help="The discriminator's updates for one of the generator's.",
)
@_option(
    "--ema",
    "ema_decay",
    type=_Finite(0, 1, max_open=True),
    show_default=f"{_plan.EMA_DECAY}",
    help="Decay of the generator's averaged weights, which pictures and scores are of; 0 for none.",
)
@_option(
    "--schedule",
    type=click.Choice(list(recipes.SCHEDULES)),
    show_default="constant",
    help="Of both learning rates.",
)
@_option(
    "--dtype",
    type=click.Choice(_DTYPES),
    default="float32",
    help="To compute in; bfloat16 leaves the weights in float32, and is for images.",
)
@_option(
    "--devices",
    type=click.IntRange(min=1),
    metavar="N",
    show_default="all",
    help="How many of each process's devices share the work; CPUs are simulated. But for rounding, the numbers do not "
    "depend on it.",
)
@_option(
    "--coordinator",
    metavar="HOST:PORT",
    show_default="one process",
    help="For many processes, on one host or many: the address of the first, the same for all; or auto, where JAX "
    "finds the cluster by itself (SLURM, Open MPI, Kubernetes, TPU pods).",
)
@_option("--num-processes", type=click.IntRange(min=1), metavar="N", help="How many processes there are.")
@_option("--process-id", type=click.IntRange(min=0), metavar="I", help="Which of them this is, from 0.")
@_option("--traceback", is_flag=True, show_default=False, help="Show where an error comes from.")
@click.pass_context
def command(context: click.Context, **options: Any) -> None:
    """Train a GAN without a browser.

    Progress goes to standard error. The last line on standard output is one JSON object: the figures of what was
    reached, by the generator's averaged weights.
    """
    signals = _run.Signals()
    with signals.caught():
        _prepare_devices(options["devices"])
        if _connect(options["coordinator"], options["num_processes"], options["process_id"]):
            signals.claim()  # JAX has taken SIGTERM for itself
        figures, code, error = _run.run(_request(context, options), signals)
    if figures is not None:
        click.echo(_report.as_json(figures))
        if error:
            click.echo(error if code > 1 else f"Error: {error}", err=True)
    sys.stdout.flush()
    context.exit(code)


# The options that numbers depend on and that have a value where none is given.
_DEFAULTS = ("data", "seed", "dtype")


def _request(context: click.Context, options: dict[str, Any]) -> _run.Request:
    options = dict(options)
    constraint = options.pop("constraint")
    if constraint is not None:
        options["constraint"], strength = constraint
        if strength is not None and options["strength"] not in (None, strength):
            raise click.UsageError("--strength and the strength in --constraint differ; give one of them.")
        options["strength"] = options["strength"] if strength is None else strength
    if options["resume"] and options["checkpoint"] is None:
        raise click.UsageError("--resume needs --checkpoint DIR, the folder of the saves.")
    options["num_steps"] = options.pop("steps")
    numbers = (*_plan.FIELDS, "data", "preset", "seed", "dtype")
    given = {
        name: options[name]
        for name in numbers
        if options.get(name) is not None
        and not (name in _DEFAULTS and context.get_parameter_source(name) is ParameterSource.DEFAULT)
    }
    return _run.Request(
        given=given,
        **{
            field.name: options[field.name]
            for field in dataclasses.fields(_run.Request)
            if field.name != "given"
        },
    )


def _prepare_devices(wanted: int | None) -> None:
    """Simulate so many devices where JAX is on a CPU, and has not been told otherwise."""
    if wanted is None or "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    try:
        jax.config.update("jax_num_cpu_devices", wanted)
    except RuntimeError:
        pass  # JAX is running already, as within a test: whether there are enough is seen later


def _connect(coordinator: str | None, num_processes: int | None, process_id: int | None) -> bool:
    if coordinator is None:
        if num_processes is not None or process_id is not None:
            raise click.UsageError("--num-processes and --process-id need --coordinator HOST:PORT.")
        return False
    if coordinator != _hosts.DETECT:
        if num_processes is None or process_id is None:
            raise click.UsageError("--coordinator HOST:PORT needs --num-processes and --process-id.")
        if process_id >= num_processes:
            raise click.UsageError(
                f"--process-id must be below --num-processes {num_processes}, got {process_id}."
            )
        host, colon, port = coordinator.rpartition(":")
        if not (host and colon and port.isdigit()):
            raise click.UsageError(f"--coordinator must be HOST:PORT or auto, got {coordinator!r}.")
    _hosts.keep_stdout()
    try:
        _hosts.connect(coordinator, num_processes, process_id)
    except Exception as error:
        words = " ".join(str(error).split())
        raise click.ClickException(f"Could not join the cluster at {coordinator}: {words}") from None
    return True
