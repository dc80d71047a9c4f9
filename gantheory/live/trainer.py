"""A training to watch and to steer: start, pause, one step of D, one step of G, reset, and every rate while it runs."""

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import ipywidgets as widgets
import jax
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from gantheory import _checks as check
from gantheory import training
from gantheory.games import Game
from gantheory.live.controls import button, slider, stops_slider, switch, whole_slider
from gantheory.live.panel import Panel
from gantheory.live.stage import Stage

__all__ = ["LiveTrainer", "Run", "Scene"]

# A page that has not answered for so long is taken for closed, and the training is paused.
_UNWATCHED_SECONDS = 30.0
# What there is to steer where D alone is trained.
_OF_D = {"speed", "discriminator_learning_rate", "seed"}


class Run:
    """A training that goes on in pieces and remembers its history; no widgets, no threads.

    Args:
        game: The game.
        seed: The seed.
        num_seeds: How many seeds run side by side; with more than one all arrays of the history are [seeds, n].
        measure: Takes (game, state) and returns numbers by name (arrays [seeds], given many seeds); it is called once
            after each piece.

    Attributes:
        state: The present `training.State`.
        steps: Numbers of the steps taken, [n].
        value: V(G, D) at each of them, in nats, [n] or [seeds, n].
        generator_loss: The generator's loss at each, [n] or [seeds, n].
        discriminator_loss: The discriminator's loss at each, [n] or [seeds, n].
        measured_at: Numbers of the steps after which something was measured, [m].
        measured: What was measured, by name, [m] or [seeds, m].
        stopped: None, or the sentence with which the training stopped by itself.
    """

    def __init__(
        self,
        game: Game,
        seed: int = 0,
        *,
        num_seeds: int = 1,
        measure: Callable[[Game, training.State], Mapping[str, Any]] | None = None,
    ):
        self.num_seeds = check.whole("num_seeds", num_seeds)
        self._measure = measure
        self.game = game
        self.reset(seed)

    @property
    def step(self) -> int:
        """How many steps were taken."""
        return int(np.max(self.state.step))

    @property
    def first(self) -> training.State:
        """The state of the first seed alone (the state itself, given one seed)."""
        return self.state if self.num_seeds == 1 else jax.tree.map(lambda leaf: leaf[0], self.state)

    def reset(self, seed: int | None = None, game: Game | None = None) -> None:
        """Go back to step 0, with another seed or game if given."""
        if seed is not None:
            self.seed = check.seed("seed", seed)
        if game is not None:
            self.game = game
        key = jax.random.key(self.seed)
        if self.num_seeds == 1:
            self.state = training.init(self.game, key)
        else:
            self.state = training.init_many(self.game, jax.random.split(key, self.num_seeds))
        shape = (0,) if self.num_seeds == 1 else (self.num_seeds, 0)
        self.steps = np.zeros(0, int)
        self.value = self.generator_loss = self.discriminator_loss = np.zeros(shape)
        self.measured_at = np.zeros(0, int)
        self.measured: dict[str, np.ndarray] = {}
        self.stopped: str | None = None
        self._take_measure()

    def advance(self, num_steps: int, settings: training.Settings) -> None:
        """Take so many steps, or fewer if the training stops by itself; then measure."""
        train = training.train if self.num_seeds == 1 else training.train_many
        before = self.step
        self.state, history = train(self.game, self.state, num_steps, settings)
        self.stopped = history.stopped
        self.steps = np.concatenate([self.steps, np.arange(before + 1, self.step + 1)])
        for name in ("value", "generator_loss", "discriminator_loss"):
            joined = np.concatenate([getattr(self, name), np.asarray(getattr(history, name))], axis=-1)
            setattr(self, name, joined)
        if self.step > before:
            self._take_measure()

    def move(self, game: Game) -> None:
        """Go on with a game whose numbers have changed (its target's, say), and measure anew where the run stands."""
        self.game = game
        self._take_measure()

    def _take_measure(self) -> None:
        if self._measure is None:
            return
        new = {name: np.asarray(number) for name, number in self._measure(self.game, self.state).items()}
        # A second measure at the same step takes the place of the first.
        kept = self.measured_at < self.step
        self.measured_at = np.append(self.measured_at[kept], self.step)
        for name, number in new.items():
            column = number[..., None]
            old = (
                self.measured[name][..., kept] if name in self.measured else np.zeros((*column.shape[:-1], 0))
            )
            self.measured[name] = np.concatenate([old, column], axis=-1)


@runtime_checkable
class Scene(Protocol):
    """What a training looks like: a figure, its moving artists, and how a run moves them.

    A scene of photographs or digits has an attribute `photographic` too, which is True: see `Stage`.
    """

    figure: Figure
    artists: list[Artist]

    def update(self, run: Run) -> str:
        """Move the artists to where the run stands; return what the picture shows, in words."""
        ...

    def measure(self, game: Game, state: training.State) -> Mapping[str, Any]:
        """Measure what the traces show besides losses and value."""
        ...


class LiveTrainer(Panel):
    """A training with its picture and its controls.

    Args:
        make_game: Makes the game from the values of `structure` and `moves`, by name.
        scene: The picture.
        structure: Controls whose change makes another game: the training starts again (and compiles, the first time).
        moves: Controls that change numbers of the game in the middle of the training, without compiling.
        settings: Learning rates and so on to start from.
        num_seeds: How many seeds run side by side.
        seed: The first seed.
        speed: Steps from picture to picture, to start from.
        interactive: Whether the picture reports pointer and keys.
        discriminator_only: Leave out what steers a generator, where none is trained.

    Attributes:
        run: The `Run`.
        stage: The picture's stage.
        controls: All controls with a value, by name: those of `structure` and `moves`, and `speed`, `seed`,
            `generator_learning_rate`, `discriminator_learning_rate`, `num_critic_steps`, `freeze_generator`,
            `freeze_discriminator`.
    """

    def __init__(
        self,
        make_game: Callable[..., Game],
        scene: Scene,
        *,
        structure: Mapping[str, widgets.ValueWidget] | None = None,
        moves: Mapping[str, widgets.ValueWidget] | None = None,
        settings: training.Settings | None = None,
        num_seeds: int = 1,
        seed: int = 0,
        speed: int = 10,
        interactive: bool = False,
        discriminator_only: bool = False,
    ):
        self._make_game = make_game
        self.scene = scene
        self._structure, self._moves = dict(structure or {}), dict(moves or {})
        settings = training.Settings() if settings is None else settings
        self._settings = settings

        # One piece of training at a time, whichever thread asks for it.
        self._turn = threading.RLock()
        # Whoever trains holds this; a pause takes it away, so that a quick new start finds no old thread still going.
        self._pass: object | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

        game = make_game(**self._game_values())
        self.run = Run(game, seed, num_seeds=num_seeds, measure=scene.measure)
        stage = Stage(
            scene.figure,
            scene.artists,
            interactive=interactive,
            photographic=getattr(scene, "photographic", False),
        )
        stage.on_gone(self.pause)

        self._steering = {
            "speed": stops_slider("steps a picture", [1, 2, 5, 10, 20, 50, 100, 200], speed),
            "num_critic_steps": whole_slider("D steps per G step", 1, 10, int(settings.num_critic_steps)),
            "discriminator_learning_rate": slider(
                "learning rate of D", 1e-5, 0.1, _plain(settings.discriminator_learning_rate), log=True
            ),
            "generator_learning_rate": slider(
                "learning rate of G", 1e-5, 0.1, _plain(settings.generator_learning_rate), log=True
            ),
            "freeze_discriminator": switch("freeze D", bool(settings.freeze_discriminator)),
            "freeze_generator": switch("freeze G", bool(settings.freeze_generator)),
            "seed": widgets.BoundedIntText(
                value=seed,
                min=0,
                max=2**31 - 1,
                description="seed",
                style={"description_width": "3em"},
                layout={"width": "10em"},
            ),
        }
        shown = {
            name: control
            for name, control in self._steering.items()
            if not discriminator_only or name in _OF_D
        }
        self.controls = {**self._structure, **self._moves, **shown}
        self._start = button("Start", self.toggle, hint="Start or pause the training", icon="play")
        self.buttons = {
            "start": self._start,
            "both": button("Step both", lambda: self.step_once(), hint="One step of D, then one of G"),
            "discriminator": button(
                "Step D", lambda: self.step_once(generator=False), hint="One step of D alone"
            ),
            "generator": button(
                "Step G", lambda: self.step_once(discriminator=False), hint="One step of G alone"
            ),
            "reset": button("Reset", self.reset, hint="Back to step 0", icon="undo"),
        }
        if discriminator_only:
            del self.buttons["both"], self.buttons["generator"]
        self.status = widgets.Label(layout={"margin": "2px 8px"})
        super().__init__(stage, [[*self.buttons.values(), self.status], list(self.controls.values())])
        for control in self._structure.values():
            control.observe(lambda _: self.reset(), "value")
        for control in self._moves.values():
            control.observe(lambda _: self._move(), "value")
        self._steering["seed"].observe(lambda _: self.reset(), "value")
        self.show()

    @property
    def running(self) -> bool:
        """Whether the training goes on."""
        return self._pass is not None

    @property
    def settings(self) -> training.Settings:
        """The settings as the controls have them now."""
        names = ("generator_learning_rate", "discriminator_learning_rate", "num_critic_steps")
        names += ("freeze_generator", "freeze_discriminator")
        return dataclasses.replace(self._settings, **{name: self._steering[name].value for name in names})

    def start(self) -> None:
        """Go on training, on a thread, until paused, reset or closed."""
        if self._closed or self.running:
            return
        mine = self._pass = object()
        self.tell("")
        self._say_running()
        self._thread = threading.Thread(
            target=self._train_on, args=(mine,), name="gantheory-training", daemon=True
        )
        self._thread.start()

    def pause(self) -> None:
        """Stop after the piece under way."""
        self._pass = None
        self._say_running()

    def toggle(self) -> None:
        """Start, or pause."""
        if self.running:
            self.pause()
        else:
            self.start()

    def advance(self, num_steps: int) -> None:
        """Pause, take so many steps at once, and draw where the run stands then."""
        self._take(num_steps, self.settings)

    def step_once(self, *, discriminator: bool = True, generator: bool = True) -> None:
        """Pause, and take one step of both sides, or of one alone while the other is frozen."""
        chosen = self.settings
        one = dataclasses.replace(
            chosen,
            freeze_generator=bool(chosen.freeze_generator) or not generator,
            freeze_discriminator=bool(chosen.freeze_discriminator) or not discriminator,
        )
        self._take(1, one)

    def _take(self, num_steps: int, settings: training.Settings) -> None:
        self.pause()
        with self._turn:
            self.tell("")
            self._advance(num_steps, settings)
            self.show()

    def reset(self) -> None:
        """Pause, and go back to step 0 with the game, the seed and the settings of the controls."""
        self.pause()
        with self._turn:
            self.tell("")
            self.guarded(
                lambda: self.run.reset(self._steering["seed"].value, self._make_game(**self._game_values()))
            )
            self.show()

    def show(self) -> None:
        """Draw where the run stands."""
        with self._turn:
            self.guarded(lambda: self.stage.draw(lambda: self.scene.update(self.run)))
            self._say_running()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the training thread has ended; tell whether it has."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def close(self) -> None:
        """End the training and take everything off the page."""
        self._closed = True
        self._pass = None
        super().close()

    def _game_values(self) -> dict[str, Any]:
        return {name: control.value for name, control in {**self._structure, **self._moves}.items()}

    def _move(self) -> None:
        with self._turn:
            self.guarded(lambda: self.run.move(self._make_game(**self._game_values())))
            if not self.running:
                self.show()

    def _train_on(self, mine: object) -> None:
        watched = time.monotonic()
        while self._pass is mine:
            with self._turn:
                if self._pass is not mine:
                    break
                try:
                    self._advance(self._steering["speed"].value, self.settings)
                    if self._closed:
                        return
                    self.show()
                except Exception:
                    # `guarded` has told the learner; a traceback from here would land in whatever cell runs now.
                    return
            # The page answers without the turn, so that a button pressed meanwhile need not wait.
            self.stage.wait()
            # On a slow line the answer to an older picture comes while a newer one is waited for: it counts.
            watched = max(watched, time.monotonic() if not self.stage.views else self.stage.answered_at)
            if time.monotonic() - watched > _UNWATCHED_SECONDS and self._pass is mine:
                self.pause()
                self.tell(
                    f"Paused: no page has shown a picture for {_UNWATCHED_SECONDS:.0f} seconds. Start goes on."
                )

    def _advance(self, num_steps: int, settings: training.Settings) -> None:
        def run() -> None:
            self.run.advance(num_steps, settings)
            if self.run.stopped:
                self.pause()
                self.tell(f"{self.run.stopped} The picture shows the last finite state; Reset starts again.")

        if self.run.step == 0:
            self.status.value = "compiling …"
        self.guarded(run)

    def guarded(self, run: Callable[[], None]) -> None:
        """Run something; an error pauses the training and shows its sentence."""
        try:
            super().guarded(run)
        except Exception:
            self.pause()
            raise

    def _say_running(self) -> None:
        if self._closed:
            return
        self._start.description, self._start.icon = ("Pause", "pause") if self.running else ("Start", "play")
        self.status.value = f"step {self.run.step}{'' if self.running else ', paused'}"


def _plain(rate: Any) -> float:
    """Turn a float32 rate back into the round number it was made from."""
    return float(f"{float(rate):.6g}")
