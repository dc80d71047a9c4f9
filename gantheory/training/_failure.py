"""At which step a training is not finite any more, and in which quantity."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gantheory.games import Game
from gantheory.training._step import Info, Settings, State

__all__ = ["find_failure", "to_host", "why"]


def find_failure(
    run: Callable[..., Any], game: Game, state: State, settings: Settings, count: int
) -> tuple[int, State, Info, str]:
    """Replay a chunk of which some step is not finite: how many steps are, what they gave, and why the next is not.

    The chunk is bisected with the loop that is compiled already; the random numbers are the same as before.
    """
    good, bad = 0, count
    reached, infos = state, None
    while bad - good > 1:
        middle = (good + bad) // 2
        after, middle_infos, finite = run(game, state, settings, np.int32(middle))
        if np.all(finite):
            good, reached, infos = middle, after, middle_infos
        else:
            bad = middle
    after, next_infos, _ = run(game, reached, settings, np.int32(1))
    return (
        good,
        reached,
        next_infos if infos is None else infos,
        why(reached, after, to_host(next_infos, 1)),
    )


def why(before: State, after: State, info: Info) -> str:
    """Name the first quantity of a step that is not finite, in the order in which they are computed."""
    quantities = [
        ("the state before it (discriminator)", before.discriminator),
        ("the state before it (generator)", before.generator),
        ("the state before it (optimisers)", (before.discriminator_optimizer, before.generator_optimizer)),
        ("the state before it (averaged weights)", before.average),
        ("the discriminator's loss", info.discriminator_loss),
        ("the value", info.value),
        ("the discriminator's parameters", after.discriminator.params),
        ("the generator's loss", info.generator_loss),
        ("the generator's parameters", after.generator.params),
        ("the discriminator's optimiser", after.discriminator_optimizer),
        ("the generator's optimiser", after.generator_optimizer),
        ("the generator's averaged weights", after.average),
        *[(f"the reported {name}", x) for name, x in info.details.items()],
        ("a player's state", (after.discriminator.state, after.generator.state)),
    ]
    seeds = np.shape(before.step)
    for name, tree in quantities:
        for leaf in jax.tree.leaves(tree):
            if not jnp.issubdtype(leaf.dtype, jnp.inexact):
                continue
            rows = np.asarray(leaf).reshape(*seeds, -1) if seeds else np.asarray(leaf).reshape(1, -1)
            wrong = ~np.isfinite(rows)
            if wrong.any():
                became = f"{name} became {rows[wrong][0]}"
                which = np.flatnonzero(wrong.any(axis=1)).tolist()
                return f"{became} (seeds {which}, counted from 0)" if seeds else became
    raise AssertionError("a step that was not finite turned out to be finite when replayed")


def to_host(infos: Info, count: int) -> Info:
    """Fetch the first `count` steps of a chunk; numpy slices them without compiling anything."""
    return jax.tree.map(lambda x: np.asarray(x)[..., :count], infos)
