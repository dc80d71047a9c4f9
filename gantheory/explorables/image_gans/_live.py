"""The training to watch: generated images, their distance from the real ones, and the classes that they fall into."""

from collections.abc import Mapping

import jax
import numpy as np
from jaxtyping import Array

from gantheory import games, plotting, training
from gantheory.explorables import image_scene
from gantheory.explorables.image_gans import _games, _scores
from gantheory.games import Game
from gantheory.live.controls import choice, slider
from gantheory.live.trainer import LiveTrainer, Run

__all__ = ["DATASETS", "ImageTrainer", "digits_gan"]

DATASETS = ("digits", "fashion_mnist")
"""What the training may be shown."""

# Larger networks and images want smaller steps.
_OF_DATA: dict[str, dict[str, float]] = {
    "digits": {
        "generator_learning_rate": _games.RATES["generator_learning_rate"],
        "discriminator_learning_rate": _games.RATES["discriminator_learning_rate"],
        "gamma": _games.GAMMA,
    },
    "fashion_mnist": {
        "generator_learning_rate": 5e-4,
        "discriminator_learning_rate": 5e-4,
        "gamma": 1.0,
    },
}
_REAL, _GENERATED = (6, 3), (6, 7)
_LOOK_KEY = 7

FRECHET = image_scene.traced(
    "frechet", "Fréchet distance of features", plotting.TRANSPORT, 0.0, 1.2, grows=True
)
CLASS_KL = image_scene.traced("class_kl", "KL of the classes, nats", plotting.GENERATED, 0.0, 2.4)


def _look(game: Game, state: training.State) -> tuple[Array, Array]:
    real = game.target.sample(jax.random.key(_LOOK_KEY), _REAL[0] * _REAL[1])
    return real, games.generate(game, state, jax.random.key(_LOOK_KEY), _GENERATED[0] * _GENERATED[1])


class _Scene(image_scene.ImageScene):
    """Real images, generated ones, two traces, and bars of the predicted classes."""

    def __init__(self) -> None:
        super().__init__(
            [("data", *_REAL), ("generated", *_GENERATED)],
            _look,
            traced=(FRECHET, CLASS_KL),
            measure=lambda game, state: _scores.score(self.data, game, state),
            traces_bottom=0.49,
        )
        self.data = "digits"
        self._ax = plotting.axes(
            self.figure,
            self.figure.add_gridspec(1, 1, left=0.725, right=0.97, bottom=0.1, top=0.32)[0],
            title="predicted class",
            xlim=(-0.7, 9.7),
            ylim=(0, 1.02),
            xticks=range(10),
            yticks=[0, 0.5, 1],
            yticklabels=["0", "50 %", "100 %"],
        )
        edges = np.arange(11) - 0.5
        self._bars = self._ax.stairs(
            np.zeros(10), edges, fill=True, color=plotting.GENERATED.color, alpha=0.6
        )
        self._real = self._ax.stairs(np.zeros(10), edges, baseline=None, color=plotting.DATA.color, lw=1.6)
        self._names = _scores.ClassNames(self._ax, 0.17)
        self.artists += plotting.moving(self._bars, self._real, self._names)

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        words = super().update(run)
        shares = run.measured["shares"][:, -1]
        self._bars.set_data(shares)
        judge = _scores.judge(self.data)
        self._real.set_data(np.asarray(judge.shares))
        names = judge.classifier.names
        self._names.set(names)
        most = int(shares.argmax())
        return (
            f"{self.data}, γ = {float(run.game.constraint.gamma):g}, {words}; {(shares > 0).sum()} of {len(shares)} "
            f"classes generated, most often {names[most]} ({shares[most]:.0%})"
        )

    def words(self) -> str:
        """Say how much the generated images differ."""
        return (
            f"a pixel's standard deviation from image to image is {self.images[1].std(axis=0).mean() / 2:.2f} among "
            f"the generated, {self.images[0].std(axis=0).mean() / 2:.2f} among the data"
        )


class ImageTrainer(LiveTrainer):
    """A GAN of images; where a dataset is nowhere to be found, the picture says so and goes back to the digits."""

    def __init__(self, settings: Mapping[str, float], *, speed: int) -> None:
        scene = _Scene()

        def make(data: str, gamma: float) -> Game:
            scene.data = data
            return _games.image_game(data, gamma)

        self._shown = "digits"
        super().__init__(
            make,
            scene,
            structure={"data": choice("data", list(DATASETS))},
            moves={"gamma": slider("γ of R1", 0.01, 10.0, _games.GAMMA, log=True)},
            settings=training.Settings(**settings),
            speed=speed,
        )

    def reset(self) -> None:
        """Pause, and go back to step 0 with the data, the seed and the settings of the controls."""
        data = self.controls["data"].value
        if data != self._shown:
            self.pause()
            self.status.value = f"loading {data}; its classifier is trained when it is first used …"
            try:
                _games.dataset(data)
                _scores.judge(data)
            except (OSError, ValueError) as error:
                self.controls["data"].value = self._shown
                self.tell(str(error))
                return
            self._shown = data
            super().reset()
            # Afterwards: γ moves the game that there is, and that must be the new one.
            for name, value in _OF_DATA[data].items():
                self.controls[name].value = value
        else:
            super().reset()


def digits_gan(*, slow_discriminator: bool = False) -> ImageTrainer:
    """Show the training of a GAN on digits, or on Fashion-MNIST: the non-saturating loss with R1.

    Args:
        slow_discriminator: start with `SLOW_D` in place of `RATES`: D lags behind, and modes are lost.

    >>> live = digits_gan()
    >>> live.step_once()
    >>> live.stage.alt.split(": ")[0]
    'digits, γ = 0.3, step 1'
    >>> live.close()
    """
    return ImageTrainer(_games.SLOW_D if slow_discriminator else _games.RATES, speed=20)
