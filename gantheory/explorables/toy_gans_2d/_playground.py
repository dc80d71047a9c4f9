"""Any loss with any constraint on any target of the zoo, live; the learner may draw the data on the picture."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from gantheory import distributions, games, lipschitz, losses, training
from gantheory.explorables import scenes
from gantheory.explorables.toy_gans_2d import _own_data, _zoo
from gantheory.games import Game
from gantheory.live.controls import button, choice, slider
from gantheory.live.latest import Latest
from gantheory.live.trainer import LiveTrainer, Run
from gantheory.networks import MLP

__all__ = ["CONSTRAINTS", "Playground", "playground_game"]

CONSTRAINTS = ("none", "R1", "gradient penalty", "spectral normalization", "weight clipping")
"""The constraints of the playground, by the names of its menu."""

_LOSSES = ["non_saturating", "minimax", "least_squares", "hinge", "wasserstein"]
# What a score of 0 means a coin's toss for.
_LOGITS = (losses.LOSSES["minimax"], losses.LOSSES["non_saturating"])
# The number of each constraint that has one, and what it is called.
_NUMBERS = {
    "gamma": ("R1", "γ"),
    "weight": ("gradient penalty", "weight"),
    "clip": ("weight clipping", "clip"),
}
# How far one key moves the cursor.
_NUDGE = 0.05


# Made once: a game of another factory would compile its start anew.
def _generator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 2, width=64, activation="leaky_relu", rngs=rngs)


def _discriminator(rngs: nnx.Rngs) -> nnx.Module:
    return MLP(2, 1, width=64, activation="leaky_relu", rngs=rngs)


def _constraint(name: str, gamma: float, weight: float, clip: float) -> lipschitz.Constraint:
    return {
        "none": lipschitz.unconstrained,
        "R1": lambda: lipschitz.r1(gamma),
        "gradient penalty": lambda: lipschitz.gradient_penalty(weight),
        "spectral normalization": lipschitz.spectral_normalization,
        "weight clipping": lambda: lipschitz.weight_clipping(clip),
    }[name]()


@functools.cache
def _some_game(loss: str, constraint: str) -> Game:
    return games.gan(
        _generator,
        _discriminator,
        loss,
        _constraint(constraint, 0.1, 1.0, 0.1),
        prior=distributions.Gaussian([0.0, 0.0], [1.0, 1.0]),
        target=_zoo.target("ring of 8"),
        batch_size=128,
    )


def playground_game(
    target: distributions.Distribution | str = "ring of 8",
    loss: str = "non_saturating",
    constraint: str = "none",
    gamma: float = 0.1,
    weight: float = 1.0,
    clip: float = 0.1,
) -> Game:
    """Make a game of the playground.

    Args:
        target: a target of the zoo, or its name.
        loss: a name in `losses.LOSSES`.
        constraint: one of `CONSTRAINTS`.
        gamma: of R1.
        weight: of the gradient penalty.
        clip: of weight clipping.

    >>> game = playground_game("two moons", "wasserstein", "gradient penalty", weight=10.0)
    >>> float(game.constraint.weight), game.target.num_pieces
    (10.0, 16)
    """
    law = _zoo.target(target) if isinstance(target, str) else target
    # Only numbers differ from the game that was checked.
    return dataclasses.replace(
        _some_game(loss, constraint), target=law, constraint=_constraint(constraint, gamma, weight, clip)
    )


class _PlaygroundScene(scenes.Plane2D):
    """The plane with four scores beside, and the cursor of a learner who draws with the keyboard."""

    def __init__(self) -> None:
        traced = (scenes.MODES, scenes.HIGH_QUALITY, scenes.HISTOGRAM_KL, scenes.SLICED_W1)
        super().__init__(
            traced=traced,
            low=-_zoo.REACH,
            high=_zoo.REACH,
            grid=None,
            num_arrows=30,
            colors="how real D thinks that x is",
        )
        self.ax = self._heat.image.axes
        (self._cursor,) = self.ax.plot([], [], ls="none", marker="o", ms=12, mfc="none", mec="black", mew=1.8)
        self.artists.append(self._cursor)
        self.name = ""

    def show_cursor(self, place: tuple[float, float] | None) -> None:
        """Put the cursor there, or take it away."""
        self._cursor.set_data([], []) if place is None else self._cursor.set_data([place[0]], [place[1]])

    def _shades(
        self, game: Game, real: Float[Array, "n"], fake: Float[Array, "m"]
    ) -> Callable[[Array], Array]:
        if any(game.loss is loss for loss in _LOGITS):
            return jax.nn.sigmoid
        # The zero and the unit of other scores mean nothing: white is halfway between the two means.
        middle, unit = (real.mean() + fake.mean()) / 2, jnp.concatenate([real, fake]).std() + 1e-6
        return lambda score: jax.nn.sigmoid(2 * (score - middle) / unit)

    def update(self, run: Run) -> str:
        """Move everything to where the run stands."""
        words = super().update(run)
        return f"{self.name}, {words[: words.index('; D is')]}{self._traces.words(run)}"


class Playground(LiveTrainer):
    """A GAN on any target with any loss and any constraint; drag on the picture to draw data of your own.

    With "your own data" chosen, dragging draws; with the picture in focus, the arrow keys move a cursor (with Shift,
    five times as far), Enter or Space puts a point there. What is drawn is learned from the next step on. Until
    something is drawn or loaded, a figure of eight stands for it.

    Attributes:
        drawing: The learner's points, as a `_own_data.Drawing`.
        upload: The button that loads a CSV file.
        said: What is said about the learner's data, a label.
    """

    def __init__(self) -> None:
        self.drawing = _own_data.Drawing()
        self._own = _zoo.target(_zoo.OWN)
        self._cursor_shown = False
        scene = _PlaygroundScene()
        super().__init__(
            self._game,
            scene,
            structure={
                "target": choice("target", list(_zoo.targets())),
                "loss": choice("loss", _LOSSES),
                "constraint": choice("constraint", list(CONSTRAINTS)),
            },
            moves={
                "gamma": slider("γ (R1)", 0.001, 10.0, 0.1, log=True),
                "weight": slider("weight (penalty)", 0.01, 10.0, 1.0, log=True),
                "clip": slider("clip (clipping)", 0.01, 1.0, 0.1, log=True),
            },
            settings=training.Settings(1e-3, 2e-3),
            speed=20,
            interactive=True,
        )
        self._behind = Latest(self._redraw)
        self.upload = widgets.FileUpload(accept=".csv,.tsv,.txt", description="Load a CSV", multiple=False)
        self.said = widgets.Label(layout={"margin": "2px 8px"})
        self.own_buttons = {
            "undo": button(
                "Undo the last stroke", self._undo, hint="Take your last stroke away", icon="undo"
            ),
            "clear": button("Clear my data", self._clear, hint="Back to the figure of eight", icon="trash"),
        }
        row = widgets.Box(
            [self.upload, *self.own_buttons.values(), self.said],
            layout={
                "flex_flow": "row wrap",
                "align_items": "center",
                "max_width": self._rows[0].layout.max_width,
            },
        )
        self._rows.append(row)
        self.children = (*self.children[:-1], row, self.children[-1])
        self.upload.observe(self._load, "value")
        self.controls["target"].observe(lambda _: self._tell_about_data(), "value")
        self.stage.on_event(self._on_event)
        self._tell_about_data()

    @property
    def drawable(self) -> bool:
        """Whether the learner's own data are the target now."""
        return self.controls["target"].value == _zoo.OWN

    def load(self, content: bytes, name: str) -> None:
        """Take the points of a CSV file for the learner's own data, and choose them for the target.

        Raises:
            ValueError: If the file holds no points; the sentence says which line is wrong, and how.
        """
        scaled = _own_data.scale(_own_data.read_csv(content, name), name)
        self._show_cursor(False)
        self.drawing.replace(scaled.points)
        self._own = _zoo.own_target(scaled.points)
        self.tell("")
        if self.drawable:
            self.reset()
        else:
            self.controls["target"].value = _zoo.OWN
        self.said.value = scaled.words

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until the game has the points as drawn; tell whether it has."""
        return self._behind.settle(timeout)

    def close(self) -> None:
        """End the training and take everything off the page."""
        if "_behind" in vars(self):
            self._behind.close()
        super().close()

    def _game(self, target: str, **values: Any) -> Game:
        kind = values["constraint"]
        number = next(
            (f" ({label} {values[name]:g})" for name, (of, label) in _NUMBERS.items() if of == kind), ""
        )
        words = f"{target}, {values['loss'].replace('_', '-')} loss, constraint: {kind}{number}"
        if hasattr(self, "scene"):
            self.scene.name = words
        return playground_game(self._own if target == _zoo.OWN else target, **values)

    def _load(self, _change: Any) -> None:
        if not self.upload.value:
            return
        file = self.upload.value[0]
        try:
            self.load(bytes(file["content"]), str(file["name"]))
        except ValueError as error:
            self.tell(str(error))
        # So that the same file, corrected, can be loaded again.
        self.upload.value = ()

    def _on_event(self, event: Mapping[str, Any]) -> None:
        kind = event["kind"]
        if not self.drawable:
            if kind == "press":
                self.said.value = f"To draw, choose “{_zoo.OWN}” as the target."
            return
        if kind == "release":
            self.drawing.release()
            return
        if kind == "key":
            if not self._press(event["key"], 5 if event.get("shift") else 1):
                return
        else:
            self._show_cursor(False)
            x, y = self.scene.ax.transData.inverted().transform((event["x"], event["y"]))
            inside = max(abs(x), abs(y)) <= _zoo.REACH
            if kind == "press" and inside:
                self.drawing.press(x, y)
            elif kind == "move" and inside:
                self.drawing.move(x, y)
            else:
                return
        self._behind.submit()

    def _press(self, key: str, times: int) -> bool:
        by = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, 1), "ArrowDown": (0, -1)}.get(key)
        if by is not None:
            places = (now + times * _NUDGE * step for now, step in zip(self.drawing.cursor, by, strict=True))
            self.drawing.cursor = tuple(float(np.clip(place, -_zoo.REACH, _zoo.REACH)) for place in places)
        elif key in ("Enter", " "):
            self.drawing.press(*self.drawing.cursor)
            self.drawing.release()
        else:
            return False
        self._show_cursor(True)
        return True

    def _show_cursor(self, shown: bool) -> None:
        self._cursor_shown = shown
        self.scene.show_cursor(self.drawing.cursor if shown else None)

    def _undo(self) -> None:
        self.drawing.undo()
        self._behind.submit()

    def _clear(self) -> None:
        self._show_cursor(False)
        self.drawing.clear()
        self._behind.submit()

    def _redraw(self) -> None:
        points = self.drawing.points
        self._own = _zoo.own_target(points) if len(points) else _zoo.target(_zoo.OWN)
        self._tell_about_data()
        if self.drawable:
            self._move()

    def _tell_about_data(self) -> None:
        if not self.drawable:
            self.said.value = ""
        elif not len(self.drawing.points):
            self.said.value = "An example. Drag on the picture to draw your own (or arrow keys and Enter)."
        else:
            full = f" That is as many as fit: {_zoo.CAPACITY}." if self.drawing.full else ""
            x, y = self.drawing.cursor
            self.said.value = (
                f"{len(self.drawing.points)} points of your own; cursor at ({x:.2f}, {y:.2f}).{full}"
            )
