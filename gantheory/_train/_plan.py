"""What is to be trained: the options, the presets, and the options of the save to go on from."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gantheory import datasets, games, recipes, training
from gantheory.recipes._parts import constraint_of

__all__ = [
    "BEST",
    "EMA_DECAY",
    "FIELDS",
    "PRESETS",
    "OptionError",
    "Plan",
    "PlanError",
    "fingerprint",
    "fresh",
    "load_target",
    "resumed",
    "strengths",
]

BEST = "best"
PRESETS = (BEST, *dict.fromkeys((*recipes.METHODS, *recipes.METHODS_IMAGES)))

# The option of each field of a recipe that has one.
FIELDS = {
    "loss": "--loss",
    "constraint": "--constraint",
    "strength": "--strength",
    "network": "--network",
    "width": "--width",
    "prior_dim": "--prior-dim",
    "conditional": "--conditional",
    "batch_size": "--batch-size",
    "num_critic_steps": "--critic-steps",
    "generator_learning_rate": "--generator-learning-rate",
    "discriminator_learning_rate": "--discriminator-learning-rate",
    "schedule": "--schedule",
    "ema_decay": "--ema",
    "num_steps": "--steps",
}

EMA_DECAY = 0.99
"""Of the averaged weights, where there is no preset."""

# The constraint that suits a loss, where none is asked for.
SUITABLE = {"wasserstein": "gradient_penalty", "hinge": "spectral_normalization"}
OTHERWISE = "r1"


class PlanError(ValueError):
    """A save that the options do not fit, or that no training can go on from."""


class OptionError(ValueError):
    """Options that are wrong whatever is on the disk."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything that the numbers of a training depend on.

    Args:
        data: a name of `recipes.TARGETS` or `datasets.NAMES`, or a folder's absolute path.
        recipe: the options but for the seed, the total number of steps among them.
        seed: of all random numbers.
        dtype: "float32", "float64", or "bfloat16", in which only the networks compute.
        preset: the name of the preset that the recipe came from.
    """

    data: str
    recipe: recipes.Recipe | recipes.ImageRecipe
    seed: int
    dtype: str
    preset: str | None

    @property
    def of_images(self) -> bool:
        """Whether it is a training on images."""
        return isinstance(self.recipe, recipes.ImageRecipe)

    def to_json(self) -> dict[str, Any]:
        """Return what a save keeps of it."""
        return {"kind": "images" if self.of_images else "points", **dataclasses.asdict(self)}

    def game(self, target: Any) -> games.Game:
        """Make the game."""
        return recipes.make_game(self.recipe, target)

    def settings(self) -> training.Settings:
        """Make the settings; a schedule falls over the total number of steps."""
        return recipes.make_settings(self.recipe)

    def describe(self) -> str:
        """Say in a few words what is trained."""
        recipe = self.recipe
        strength = "" if recipe.strength is None else f" ({recipe.strength:g})"
        constraint = "" if recipe.constraint == "none" else f" + {recipe.constraint}{strength}"
        return f"{recipe.loss}{constraint} on {self.data}"


def load_target(data: str) -> Any:
    """Load what is to be imitated.

    Raises:
        ValueError, OSError: where there is no such target, or a dataset's files are missing or damaged.
    """
    return recipes.TARGETS[data]() if data in recipes.TARGETS else datasets.load(data)


def fingerprint(target: Any) -> str | None:
    """Return a hash of a dataset's images and labels; None for a law in the plane."""
    if not isinstance(target, datasets.Dataset):
        return None
    digest = hashlib.sha256(json.dumps([target.names, target.level, target.pixels.shape]).encode())
    for array in (target.pixels, target.labels):
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def fresh(data: str, preset: str | None, seed: int, dtype: str, given: Mapping[str, Any]) -> Plan:
    """Make the plan of a new training.

    Args:
        data: as on the command line.
        preset: a name from `PRESETS`, or None.
        seed: as on the command line.
        dtype: likewise.
        given: the fields of the recipe that were given on the command line.

    Raises:
        OptionError: in one sentence, where an option is wrong, or does not fit the others.
    """
    data = _named(data)
    if data not in (*recipes.TARGETS, *datasets.NAMES) and not Path(data).is_dir():
        raise OptionError(
            f"--data must be the path of a folder of images, got {data}, which is not a folder."
        )
    images = data not in recipes.TARGETS
    methods = recipes.METHODS_IMAGES if images else recipes.METHODS
    kind = recipes.ImageRecipe if images else recipes.Recipe
    fields = {field.name: field.default for field in dataclasses.fields(kind)}
    for name in given:
        if name not in fields:
            raise OptionError(f"{FIELDS[name]} is for images, not for {data}.")
    if preset is not None:
        method = (recipes.BEST_IMAGES if images else recipes.BEST[data]) if preset == BEST else preset
        if method not in methods:
            raise OptionError(
                f"--preset must be one of best, {', '.join(methods)} for {data}, got {preset!r}."
            )
        fields = dataclasses.asdict(methods[method])
    else:
        loss = given.get("loss", "non_saturating")
        # Rates that do not depend on the total, so that a training may be prolonged; these want a shorter average.
        fields |= {"title": loss, "loss": loss, "schedule": "constant", "ema_decay": EMA_DECAY}
        fields["constraint"] = SUITABLE.get(loss, OTHERWISE)
        fields["num_critic_steps"] = 5 if loss == "wasserstein" else fields["num_critic_steps"]
    if preset is None or given.get("constraint", fields["constraint"]) != fields["constraint"]:
        fields["strength"] = strengths(methods).get(given.get("constraint", fields["constraint"]))
    if images:
        fields["dtype"] = "bfloat16" if dtype == "bfloat16" else None
    elif dtype == "bfloat16":
        raise OptionError(f"--dtype bfloat16 is for images, not for {data}.")
    fields |= given
    if "strength" in given and strengths(methods).get(fields["constraint"]) is None:
        raise OptionError(f"--strength does not go with --constraint {fields['constraint']}, which has none.")
    try:
        # In the precision of the training, in which a number may round to a bound.
        with jax.enable_x64(dtype == "float64"):
            recipe = kind(**fields)
            constraint_of(recipe)
            recipes.make_settings(recipe)
    except (ValueError, TypeError) as error:
        raise OptionError(str(error)) from None
    return Plan(data, recipe, seed, dtype, preset)


def strengths(methods: Mapping[str, Any]) -> dict[str, float]:
    """List the usual strength of each constraint that has one, as the methods have it."""
    found = {recipe.constraint: recipe.strength for recipe in methods.values() if recipe.strength is not None}
    return {**found, "r2": found["r1"]}


def _named(data: str) -> str:
    if data in recipes.TARGETS or data in datasets.NAMES:
        return data
    folder = Path(data).expanduser()
    # An empty name is a shell's variable that is not set, and not the current folder.
    if not data or (len(folder.parts) < 2 and not folder.is_dir()):
        names = ", ".join((*recipes.TARGETS, *datasets.NAMES))
        raise OptionError(f"--data must be one of {names}, or the path of a folder of images, got {data!r}.")
    return str(folder.resolve())


def resumed(saved: Mapping[str, Any], given: Mapping[str, Any]) -> Plan:
    """Make the plan of a training that goes on: the save's, for what was not given on the command line.

    Args:
        saved: what `Plan.to_json` returned.
        given: the options that were given, by the names of the plan's and the recipe's fields.

    Raises:
        OptionError: where --data names nothing.
        PlanError: where an option is another than the save's; the number of steps alone may be.
    """
    try:
        kind = {"points": recipes.Recipe, "images": recipes.ImageRecipe}[saved["kind"]]
        with jax.enable_x64(saved["dtype"] == "float64"):
            recipe = kind(**saved["recipe"])
        plan = Plan(saved["data"], recipe, saved["seed"], saved["dtype"], saved["preset"])
    except (KeyError, TypeError) as error:
        raise PlanError(
            f"The save was not made by gantheory train ({type(error).__name__}: {error})."
        ) from None
    ours, theirs = [], []
    for name, value in given.items():
        if name == "num_steps":
            continue
        option = FIELDS.get(name, f"--{name}")
        if name == "data":
            value = _named(value)
        own = getattr(plan if hasattr(plan, name) else plan.recipe, name, None)
        if value != own:
            ours.append(_as_option(option, value))
            theirs.append(_as_option(option, own))
    if ours:
        raise PlanError(
            f"The save was made with {' '.join(theirs)}, not with {' '.join(ours)}; what is left out is taken from "
            "the save, and another training needs another --checkpoint."
        )
    total = given.get("num_steps", plan.recipe.num_steps)
    with jax.enable_x64(plan.dtype == "float64"):
        return dataclasses.replace(plan, recipe=dataclasses.replace(plan.recipe, num_steps=total))


def _as_option(option: str, value: Any) -> str:
    if option == FIELDS["conditional"]:
        return option if value else "--unconditional"
    return f"no {option}" if value is None else f"{option} {value}"
