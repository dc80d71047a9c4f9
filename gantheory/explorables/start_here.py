"""The live figures of notebook 00: a GAN at work, on the line and in the plane."""

from gantheory import distributions, games, training
from gantheory.explorables import scenes
from gantheory.live.controls import choice, slider
from gantheory.live.trainer import LiveTrainer
from gantheory.networks import MLP

__all__ = ["gan_in_the_plane", "gan_on_the_line", "targets_in_the_plane"]


def _network(in_dim: int, out_dim: int, width: int) -> games.NetworkFactory:
    return lambda rngs: MLP(in_dim, out_dim, width=width, depth=2, rngs=rngs)


def gan_on_the_line() -> LiveTrainer:
    """Show a GAN that learns a law on the line whose two bumps a slider moves, even while it trains.

    >>> live = gan_on_the_line()
    >>> live.step_once()
    >>> live.run.step
    1
    >>> live.close()
    """

    def make_game(separation: float) -> games.Game:
        half = separation / 2
        bumps = [distributions.Gaussian(-half, 0.5), distributions.Gaussian(half, 0.5)]
        return games.gan(
            _network(1, 1, 32),
            _network(1, 1, 32),
            "non_saturating",
            prior=distributions.Gaussian(0.0, 1.0),
            target=distributions.Mixture(bumps, [0.4, 0.6]),
        )

    return LiveTrainer(
        make_game,
        scenes.Line1D(),
        moves={"separation": slider("separation of the bumps", 0.0, 6.0, 3.0)},
        settings=training.Settings(2e-3, 4e-3),
        speed=10,
    )


def targets_in_the_plane() -> dict[str, distributions.Distribution]:
    """List the targets of `gan_in_the_plane`, by the names of its menu."""
    return {
        "ring of 8": distributions.ring(8, radius=1.5, std=0.12),
        "two moons": distributions.two_moons(0.1),
        "spiral": distributions.spiral(1.5, 1.6, 0.06),
        "one Gaussian": distributions.Gaussian([0.8, 0.5], [0.3, 0.6]),
    }


def gan_in_the_plane() -> LiveTrainer:
    """Show a GAN that learns a law in the plane: D's heat map, the arrows it gives, and G's bent grid.

    >>> live = gan_in_the_plane()
    >>> live.step_once(generator=False)
    >>> live.stage.alt.startswith("step 1: generated points lie around")
    True
    >>> live.close()
    """
    targets = targets_in_the_plane()

    def make_game(target: str) -> games.Game:
        return games.gan(
            _network(2, 2, 64),
            _network(2, 1, 64),
            "non_saturating",
            prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
            target=targets[target],
        )

    return LiveTrainer(
        make_game,
        scenes.Plane2D(),
        structure={"target": choice("target", list(targets))},
        settings=training.Settings(1e-3, 2e-3),
        speed=10,
    )
