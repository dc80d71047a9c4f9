"""The loop: chunks of steps, saves, signals, and the last word."""

import contextlib
import dataclasses
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import jax
import numpy as np

from gantheory import checkpoints, training
from gantheory._train import _hosts, _plan, _report
from gantheory._train._plan import OptionError, Plan, PlanError

__all__ = ["Request", "Signals", "run"]

# A chunk is made to last about this long: a signal and a save wait for its end.
CHUNK_SECONDS, MOST_STEPS = (0.5, 2.0), 2**20
# The second save comes so long after the first chunk, whatever the rhythm: most of the waiting was for a compilation.
EARLY_SECONDS = 5.0
# How many steps of the history a save keeps.
MOST_HISTORY = 1_000_000


@dataclasses.dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Args:
        given: the options that were given and that the numbers depend on, by the names of the fields of `Plan` and of
            the recipes.
        data: the target.
        preset: a preset's name, or None.
        seed: of all random numbers.
        dtype: "float32", "float64" or "bfloat16".
        checkpoint: the folder of the saves, or None.
        resume: whether to go on from the newest of them.
        output: the folder of pictures and figures; None for the checkpoint's.
        every: seconds between saves.
        samples: how many a picture shows; None for as many as usual.
        devices: how many of each process's devices; None for all.
    """

    given: dict[str, Any]
    data: str
    preset: str | None
    seed: int
    dtype: str
    checkpoint: Path | None
    resume: bool
    output: Path | None
    every: float
    samples: int | None
    devices: int | None


class Signals:
    """SIGTERM and SIGINT: noted while `waiting` is on, to stop after the current chunk; else they end the process.

    A second one ends the process at once: every save is whole or absent at any moment.
    """

    def __init__(self):
        self.received = 0
        self.waiting = False

    @contextlib.contextmanager
    def caught(self) -> Iterator["Signals"]:
        """Catch them within; elsewhere than on the main thread there is nothing to catch."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self.claim()
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def claim(self) -> None:
        """Catch them again, where somebody else has begun to."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.waiting or self.received:
            raise SystemExit(128 + number)
        self.received = number


class _Voice:
    """Lines on stderr, around a progress bar on a terminal; only the first process speaks."""

    def __init__(self):
        self.bar: Any = None

    def say(self, words: str) -> None:
        """Print a line."""
        if not _hosts.is_first():
            return
        if self.bar is not None:
            self.bar.clear()
        print(words, file=sys.stderr, flush=True)
        if self.bar is not None:
            self.bar.refresh()

    @contextlib.contextmanager
    def progress(self, step: int, total: int) -> Iterator[None]:
        """Show a bar within, where stderr is a terminal."""
        if not (_hosts.is_first() and sys.stderr.isatty()):
            yield
            return
        from tqdm import tqdm

        with tqdm(total=total, initial=step, unit="step", file=sys.stderr, dynamic_ncols=True) as self.bar:
            try:
                yield
            finally:
                self.bar = None

    def at(self, step: int, recent: dict[str, float]) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.set_postfix({name: f"{x:.3g}" for name, x in recent.items()}, refresh=False)
            self.bar.update(step - self.bar.n)


def run(request: Request, signals: Signals) -> tuple[dict[str, Any] | None, int, str | None]:
    """Train as requested.

    Returns:
        (figures, exit code, error): the figures for the last line, None on all processes but the first; the sentence of
        what went wrong, or None.

    Raises:
        OptionError: in one sentence, where an option is wrong.
        ValueError, TypeError, OSError: in one sentence, where the request cannot be fulfilled.
    """
    voice = _Voice()
    plan, save = _start(request, voice)
    with jax.enable_x64(plan.dtype == "float64"):
        return _Training(request, plan, save, signals, voice).run()


def _start(request: Request, voice: _Voice) -> tuple[Plan, dict[str, Any] | None]:
    """Make the plan; returns it with the metadata of the save to go on from, if there is one."""
    save = None
    if request.checkpoint is not None:
        save = _hosts.from_first(lambda: _look(request.checkpoint))
    if save is not None and not request.resume:
        raise PlanError(
            f"{request.checkpoint} holds a training already, with a save of step {save['step']}: add --resume to go "
            "on with it, or choose another --checkpoint."
        )
    if save is None:
        if request.resume:
            voice.say(f"There is no save in {request.checkpoint} yet: starting from step 0.")
        own = {name: x for name, x in request.given.items() if name in _plan.FIELDS}
        return _plan.fresh(request.data, request.preset, request.seed, request.dtype, own), None
    saved = save["metadata"].get("plan")
    if saved is None:
        raise PlanError(f"The newest save in {request.checkpoint} was not made by gantheory train.")
    plan = _plan.resumed(saved, request.given)
    total, before = plan.recipe.num_steps, saved["recipe"]["num_steps"]
    if plan.recipe.schedule != "constant" and total != before and save["step"] < total:
        voice.say(
            f"The {plan.recipe.schedule} schedule now falls over {total} steps; up to step {save['step']} it fell over "
            f"{before}, so this is not the training that --steps {total} from the start would have been."
        )
    return plan, save


def _look(folder: Path) -> dict[str, Any] | None:
    found = checkpoints.latest(folder)
    return None if found is None else {"step": found.step, "metadata": found.metadata}


class _Training:
    """One run of a training: from the start or a save, to the end, a signal or a NaN."""

    def __init__(
        self,
        request: Request,
        plan: Plan,
        save: dict[str, Any] | None,
        signals: Signals,
        voice: _Voice,
    ):
        self.request, self.plan, self.save, self.signals, self.voice = request, plan, save, signals, voice
        self.started: float | None = (
            time.perf_counter()
        )  # None once it is known that nothing is to be trained
        self.target = _plan.load_target(plan.data)
        self.fingerprint = _plan.fingerprint(self.target)
        self.game = plan.game(self.target)
        self.settings = plan.settings()
        self.history: list[training.History] = []
        self.earlier = 0.0  # seconds of the runs before this one
        self.saved: bool | None = None
        self.written: int | None = None  # the step of the newest save, picture and figures
        folder = request.output or request.checkpoint
        self.report = _report.Report(
            folder if _hosts.is_first() else None,
            folder == request.checkpoint,
            voice.say,
            plan,
            self.target,
            self.game,
            request.samples,
        )

    def run(self) -> tuple[dict[str, Any] | None, int, str | None]:
        """Train to the end."""
        devices = self._devices()
        state = self._begin()
        step, total = int(state.step), self.plan.recipe.num_steps
        stopped = None
        if step >= total and self.save is not None:
            self.started = None
            self.voice.say(
                f"The save is of step {step}, and --steps {total} is reached: checked, and scored."
            )
        else:
            self.voice.say(
                f"Training {self.plan.describe()}: steps {step} to {total}, batches of {self.plan.recipe.batch_size}, "
                f"on {len(devices)} {devices[0].platform} device{'s' * (len(devices) > 1)}."
            )
            if len(devices) > 1:
                state = training.replicate(state, devices)
            state, stopped = self._loop(state, total)
        return self._end(_hosts.local(state), stopped)

    def _begin(self) -> training.State:
        """Make the first state, or restore it; the first process reads, and gives it to the others."""
        state = training.init(self.game, jax.random.key(self.plan.seed))
        if self.save is None:
            self._write(state, {})
            return state
        restored: list[checkpoints.Restored] = []

        def restore() -> float:
            saved = self.save["metadata"]
            if saved["fingerprint"] != self.fingerprint:
                raise PlanError(
                    f"{self.plan.data} has other images than those that the save was trained on; another training "
                    "needs another --checkpoint."
                )
            restored.append(checkpoints.restore(self.request.checkpoint, self.game))
            return saved["seconds"]

        self.earlier = _hosts.from_first(restore)
        if restored:
            state = restored[0].state
            if restored[0].history is not None:
                self.history = [restored[0].history]
        self.saved = True
        state = _hosts.arrays_from_first(state)
        self.written = int(state.step)
        self.report.begin(self.written)
        return state

    def _devices(self) -> list[Any]:
        wanted, here = self.request.devices, jax.local_device_count()
        if wanted is None:
            return jax.devices()
        if wanted > here:
            raise OptionError(f"--devices must be at most {here}, the number of devices here, got {wanted}.")
        count: dict[int, int] = {}
        chosen = []
        for device in jax.devices():
            count[device.process_index] = count.get(device.process_index, 0) + 1
            if count[device.process_index] <= wanted:
                chosen.append(device)
        return chosen

    def _loop(self, state: training.State, total: int) -> tuple[training.State, str | None]:
        """Train chunk after chunk."""
        step, chunk, stopped = int(state.step), 1, None
        recent: list[training.History] = []
        due: float | None = None
        self.signals.waiting = True
        with self.voice.progress(step, total):
            while step < total and stopped is None:
                began = time.perf_counter()
                state, history = training.train(self.game, state, min(chunk, total - step), self.settings)
                now = time.perf_counter()
                due = now + min(EARLY_SECONDS, self.request.every) if due is None else due
                step, stopped = int(state.step), history.stopped
                recent.append(history)
                self.voice.at(step, _means(recent[-1:]))
                faster, slower = now - began < CHUNK_SECONDS[0], now - began > CHUNK_SECONDS[1]
                wanted = min(2 * chunk, MOST_STEPS) if faster else max(chunk // 2, 1) if slower else chunk
                everyone = _hosts.everyone([self.signals.received, wanted, now >= due])
                chunk = int(everyone[0, 1])
                if received := int(everyone[:, 0].max()):
                    self.signals.received = received
                    stopped = f"Stopped by {signal.Signals(received).name} after step {step}."
                if everyone[0, 2] and step < total and stopped is None:
                    self._keep(_hosts.local(state), recent)
                    recent = []
                    due = time.perf_counter() + self.request.every
            self._keep(_hosts.local(state), recent)
        self.signals.waiting = False
        return state, stopped

    def _keep(self, state: training.State, recent: list[training.History]) -> None:
        """Save, and write a picture and figures beside the save, unless there is such a save already.

        A training that becomes NaN at once, each time that it is resumed, would otherwise push its good saves out.
        """
        self.history = [_joined([*self.history, *recent])] if recent else self.history
        if not _hosts.is_first() or int(state.step) == self.written:
            return
        means = _means(recent)
        if self.voice.bar is None and means:
            rest = ", ".join(f"{name} {x:.4g}" for name, x in means.items())
            self.voice.say(f"step {int(state.step)}/{self.plan.recipe.num_steps}: {rest}")
        self._write(state, means)

    def _write(self, state: training.State, means: dict[str, float]) -> None:
        if not _hosts.is_first():
            return
        if self.request.checkpoint is not None:
            self.saved = self._save(state)
        self.written = None if self.saved is False else int(state.step)
        figures = {"step": int(state.step), "seconds": self._seconds(), **means}
        figures |= _report.metrics_of(self.plan, self.target, self.game, state, self.voice.say, final=False)
        self.report.write(state, figures)

    def _save(self, state: training.State) -> bool:
        metadata = {
            "plan": self.plan.to_json(),
            "fingerprint": self.fingerprint,
            "seconds": self._seconds(),
        }
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", checkpoints.CheckpointWarning)
            done = checkpoints.save(
                self.request.checkpoint,
                state,
                history=self.history[0] if self.history else None,
                metadata=metadata,
            )
        for warning in caught:
            self.voice.say(f"Warning: {warning.message}")
        return done

    def _seconds(self) -> float:
        now = 0.0 if self.started is None else time.perf_counter() - self.started
        return round(self.earlier + now, 3)

    def _end(
        self, state: training.State, stopped: str | None
    ) -> tuple[dict[str, Any] | None, int, str | None]:
        """Score what was reached, but where somebody wants the process to end."""
        signalled = self.signals.received
        code = 128 + signalled if signalled else 1 if stopped else 0
        if not _hosts.is_first():
            return None, code, None
        figures = {
            "data": self.plan.data,
            "loss": self.plan.recipe.loss,
            "constraint": self.plan.recipe.constraint,
            "seed": self.plan.seed,
            "steps": int(state.step),
            "seconds": self._seconds(),
            "stopped": stopped,
            "saved": self.saved,
        }
        if not signalled:
            figures |= _report.metrics_of(
                self.plan, self.target, self.game, state, self.voice.say, final=True
            )
        return figures, code, stopped


def _means(histories: list[training.History]) -> dict[str, float]:
    """Average what the steps reported."""
    names = ("generator_loss", "discriminator_loss", "value")
    columns = {name: [np.asarray(getattr(part, name)) for part in histories] for name in names}
    for name in histories[0].details if histories else ():
        columns[name] = [np.asarray(part.details[name]) for part in histories]
    joined = {name: np.concatenate(parts) for name, parts in columns.items() if parts}
    return {name: float(values.mean()) for name, values in joined.items() if values.size}


def _joined(histories: list[training.History]) -> training.History:
    """Put histories one after another, and forget the oldest steps of a very long one."""
    stopped = histories[-1].stopped
    parts = [dataclasses.replace(part, stopped=None) for part in histories]
    joined = jax.tree.map(
        lambda *arrays: np.concatenate([np.asarray(x) for x in arrays])[-MOST_HISTORY:], *parts
    )
    return dataclasses.replace(jax.device_put(joined), stopped=stopped)
