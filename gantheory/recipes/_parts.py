"""What recipes of every kind share: names of constraints and schedules, checks, settings."""

from collections.abc import Callable
from typing import Any

from gantheory import _checks, lipschitz, losses, training

__all__ = ["CONSTRAINTS", "SCHEDULES", "check", "constraint_of", "settings_of"]

CONSTRAINTS: dict[str, Callable[..., lipschitz.Constraint]] = {
    "none": lipschitz.unconstrained,
    "weight_clipping": lipschitz.weight_clipping,
    "gradient_penalty": lipschitz.gradient_penalty,
    "spectral_normalization": lipschitz.spectral_normalization,
    "r1": lipschitz.r1,
    "r2": lipschitz.r2,
}
"""Functions that make the constraints, by name; a recipe's `strength` is their first argument."""

WITHOUT_STRENGTH = ("none", "spectral_normalization")

SCHEDULES: dict[str, Callable[[int], Any]] = {
    "constant": lambda num_steps: None,
    "cosine": training.cosine_decay,
    "linear": training.linear_decay,
}
"""Functions from a training's length to the schedule of both learning rates, by name."""


def check(recipe: Any) -> None:
    """Check the fields that recipes of every kind have."""
    if not isinstance(recipe.loss, str):
        _checks.one_of("loss", recipe.loss, losses.LOSSES)
    losses.resolve(recipe.loss)
    _checks.one_of("constraint", recipe.constraint, CONSTRAINTS)
    _checks.one_of("schedule", recipe.schedule, SCHEDULES)
    for name in ("width", "prior_dim", "batch_size", "num_steps", "num_critic_steps"):
        _checks.whole(name, getattr(recipe, name))
    for name in ("generator_learning_rate", "discriminator_learning_rate"):
        _checks.number(name, getattr(recipe, name), above=0)
    _checks.number("ema_decay", recipe.ema_decay, at_least=0, below=1)
    needs = recipe.constraint not in WITHOUT_STRENGTH
    if needs != (recipe.strength is not None):
        allowed = "a number" if needs else "None"
        came = _checks.describe(recipe.strength)
        _checks.refuse(f"strength of {recipe.constraint}", allowed, came, TypeError)
    if needs:
        _checks.number("strength", recipe.strength, at_least=0)


def constraint_of(recipe: Any) -> lipschitz.Constraint:
    """Make a recipe's constraint."""
    return CONSTRAINTS[recipe.constraint](*(() if recipe.strength is None else (recipe.strength,)))


def settings_of(recipe: Any, num_steps: int | None) -> training.Settings:
    """Make a recipe's settings for the trainer."""
    num_steps = recipe.num_steps if num_steps is None else _checks.whole("num_steps", num_steps)
    return training.Settings(
        generator_learning_rate=recipe.generator_learning_rate,
        discriminator_learning_rate=recipe.discriminator_learning_rate,
        num_critic_steps=recipe.num_critic_steps,
        ema_decay=recipe.ema_decay,
        schedule=SCHEDULES[recipe.schedule](num_steps),
    )
