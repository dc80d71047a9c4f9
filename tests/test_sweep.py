"""The sweep: every cell is the training that one would do by hand, on the same seeds."""

import inspect

import jax
import numpy as np
import pytest

from gantheory import games, lipschitz, training
from gantheory.distributions import Gaussian
from gantheory.networks import MLP
from gantheory.training import Settings, _sweep

NORMAL, FAR = Gaussian(0.0, 1.0), Gaussian(3.0, 1.0)
CONSTRAINTS = {"clip 0.1": lipschitz.weight_clipping(0.1), "clip 1": lipschitz.weight_clipping(1.0)}


def network(rngs):
    return MLP(1, 1, width=8, rngs=rngs)


def make_game(loss, constraint):
    return games.gan(network, network, loss, constraint, prior=NORMAL, target=FAR, batch_size=32)


def measure(game, state):
    return {"mean": games.generate(game, state, jax.random.key(0), 200).mean(), "step": state.step}


def settings_of(loss, name):
    return Settings(1e-2 if loss == "hinge" else 1e-3, 1e-2, ema_decay=0.5)


def test_every_cell_is_the_training_done_by_hand_on_the_same_seeds():
    table = training.sweep(
        make_game, ["hinge", "minimax"], CONSTRAINTS, 30, measure=measure, num_seeds=2, seed=7,
        settings=settings_of, progress=False,
    )  # fmt: skip
    assert [(cell.loss, cell.constraint) for cell in table.cells] == [
        (loss, name) for loss in ("hinge", "minimax") for name in CONSTRAINTS
    ]
    keys = jax.random.split(jax.random.key(7), 2)
    for cell in table.cells:
        game = make_game(cell.loss, CONSTRAINTS[cell.constraint])
        states, _ = training.train_many(
            game, training.init_many(game, keys), 30, settings_of(cell.loss, cell.constraint)
        )
        expected = jax.vmap(lambda s, game=game: measure(game, s)["mean"])(states)
        np.testing.assert_allclose(cell.measured["mean"], expected, rtol=1e-4, atol=1e-5)
        assert cell.measured["step"].tolist() == [30, 30] and cell.stopped is None and cell.seconds > 0
    # The cells differ: neither the loss nor the constraint nor the settings were forgotten.
    means = {tuple(cell.measured["mean"].round(6).tolist()) for cell in table.cells}
    assert len(means) == 4
    assert table.cell("minimax", "clip 1") is table.cells[3]
    with pytest.raises(ValueError, match=r"one of \(hinge, clip 0.1\), .*, got \(hinge, none\)"):
        table.cell("hinge", "none")


def test_the_table_shows_means_deviations_and_what_went_wrong():
    cell = training.Cell("hinge", "none", {"modes": np.array([7.0, 8.0, 6.0])}, 1.0, "Stopped at step 3: ...")
    lines = str(training.Sweep((cell,), 10, 3)).splitlines()
    assert lines[0] == "| loss | constraint | modes |"
    assert lines[2] == "| hinge | none | 7 ± 1 |"
    assert lines[-1] == "hinge, none: Stopped at step 3: ..."


def test_a_training_that_runs_away_ends_its_cell_alone():
    wild = Settings(1e-3, 1e30)
    table = training.sweep(
        make_game, ["wasserstein"], {"none": lipschitz.unconstrained(), **CONSTRAINTS}, 40,
        measure=measure, num_seeds=2, progress=False,
        settings=lambda loss, name: wild if name == "none" else Settings(),
    )  # fmt: skip
    stopped = [cell.stopped for cell in table.cells]
    assert stopped[0].startswith("Stopped at step") and stopped[1:] == [None, None]
    assert np.isfinite(table.cells[0].measured["mean"]).all()


def test_an_interrupt_returns_the_cells_that_are_done(monkeypatch):
    calls = []

    def interrupted(game, states, num_steps, settings):
        calls.append(num_steps)
        states, history = training.train_many(game, states, num_steps, settings)
        why = "Interrupted after step 1." if len(calls) > 20 else None
        return states, type(history)(
            history.generator_loss, history.discriminator_loss, history.value, {}, stopped=why
        )

    monkeypatch.setattr(_sweep, "train_many", interrupted)
    table = training.sweep(
        make_game, ["hinge"], CONSTRAINTS, 20, measure=measure, num_seeds=2, progress=False
    )
    assert [cell.constraint for cell in table.cells] == ["clip 0.1"]
    assert "Interrupted after 1 of 2 cells." in str(table)


def test_the_bar_counts_all_steps(capsys):
    training.sweep(make_game, ["hinge"], CONSTRAINTS, 10, measure=measure, num_seeds=2)
    assert "0/20" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (dict(losses="hinge"), TypeError, "losses must be a non-empty list of losses' names, got 'hinge'"),
        (dict(losses=["hing"]), ValueError, "loss must be one of minimax, .*, got 'hing'"),
        (dict(constraints={}), TypeError, "constraints must be a non-empty dictionary"),
        (dict(num_steps=0), ValueError, "num_steps must be a whole number of at least 1, got 0"),
        (dict(num_seeds=0), ValueError, "num_seeds must be a whole number of at least 1, got 0"),
        (dict(settings=3), TypeError, r"settings must be training\.Settings, a function .*, got 3"),
    ],
)
def test_bad_arguments(change, error, sentence):
    arguments = dict(losses=["hinge"], constraints=CONSTRAINTS, num_steps=5, measure=measure) | change
    with pytest.raises(error, match=sentence):
        inspect.unwrap(training.sweep)(make_game, progress=False, **arguments)
