"""The live trainer: what each button does, what happens to threads, what is remembered."""

import threading
import time

import jax
import numpy as np
import pytest
from matplotlib.figure import Figure

from gantheory import distributions, games, training
from gantheory.live.controls import choice, slider
from gantheory.live.trainer import LiveTrainer, Run
from gantheory.networks import MLP
from tests.compilations import COMPILATIONS

PATIENCE = 120


def network(rngs):
    return MLP(1, 1, width=8, depth=1, rngs=rngs)


def make_game(mean=2.0, loss="non_saturating"):
    normal = distributions.Gaussian(0.0, 1.0)
    return games.gan(
        network, network, loss, prior=normal, target=distributions.Gaussian(mean, 1.0), batch_size=32
    )


def measure(game, state):
    return (
        {"mean": jax.vmap(lambda s: games.generate(game, s, jax.random.key(0), 64).mean())(state)}
        if (state.step.ndim)
        else {"mean": games.generate(game, state, jax.random.key(0), 64).mean()}
    )


class Scene:
    def __init__(self, on_update=lambda run: None):
        self.figure = Figure(figsize=(2, 1))
        (line,) = self.figure.add_subplot(xlim=(0, 1), ylim=(0, 1)).plot([0, 1], [0, 0])
        self.artists = [line]
        self.on_update = on_update

    def update(self, run):
        self.on_update(run)
        self.artists[0].set_ydata([0, (run.step % 100) / 100])
        return f"at {run.step}"

    def measure(self, game, state):
        return measure(game, state)


@pytest.fixture
def opened():
    made = []

    def keep(*args, **kwargs):
        made.append(LiveTrainer(*args, **kwargs))
        return made[-1]

    yield keep
    for live in made:
        live.close()
        assert live.join(PATIENCE)


def params(state, side):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(getattr(state, side).params)])


def wait_for(condition):
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_a_run_remembers_every_step_and_every_measure():
    run = Run(make_game(), seed=3, measure=measure)
    settings = training.Settings(1e-2, 1e-2)
    for n in (3, 4):
        run.advance(n, settings)
    state, history = training.train(make_game(), training.init(make_game(), jax.random.key(3)), 7, settings)
    assert run.steps.tolist() == [1, 2, 3, 4, 5, 6, 7]
    for name in ("value", "generator_loss", "discriminator_loss"):
        np.testing.assert_array_equal(getattr(run, name), getattr(history, name))
    np.testing.assert_array_equal(params(run.state, "generator"), params(state, "generator"))
    assert run.measured_at.tolist() == [0, 3, 7]
    assert run.measured["mean"].shape == (3,)
    np.testing.assert_allclose(run.measured["mean"][-1], measure(make_game(), state)["mean"], rtol=1e-6)
    run.reset()
    assert run.step == 0 and run.steps.size == 0 and run.measured_at.tolist() == [0]


def test_a_run_of_many_seeds_has_a_row_for_each():
    run = Run(make_game(), num_seeds=3, measure=measure)
    run.advance(4, training.Settings())
    assert run.value.shape == run.generator_loss.shape == (3, 4)
    assert run.measured["mean"].shape == (3, 2)
    assert len(set(run.value[:, -1].tolist())) == 3
    assert run.first.step.shape == ()
    np.testing.assert_array_equal(
        params(run.first, "generator").size, params(run.state, "generator").size // 3
    )


def test_buttons_step_the_sides_they_name(opened):
    live = opened(make_game, Scene())
    moved = []
    for name in ("both", "discriminator", "generator"):
        before = live.run.state
        live.buttons[name].click()
        moved.append(
            tuple(
                (params(before, s) != params(live.run.state, s)).any() for s in ("discriminator", "generator")
            )
        )
    assert moved == [(True, True), (True, False), (False, True)]
    assert live.run.step == 3
    assert live.stage.alt == "at 3"
    assert live.status.value == "step 3, paused"


def test_a_frozen_side_stays_frozen_in_single_steps(opened):
    live = opened(make_game, Scene())
    live.controls["freeze_discriminator"].value = True
    before = live.run.state
    live.buttons["discriminator"].click()
    live.buttons["both"].click()
    assert (params(before, "discriminator") == params(live.run.state, "discriminator")).all()
    assert (params(before, "generator") != params(live.run.state, "generator")).any()


def test_start_trains_on_a_thread_until_paused(opened):
    threads = set()
    live = opened(make_game, Scene(lambda run: threads.add(threading.current_thread().name)), speed=2)
    assert live.buttons["start"].description == "Start"
    live.buttons["start"].click()
    assert live.buttons["start"].description == "Pause"
    wait_for(lambda: live.run.step >= 6)
    live.buttons["start"].click()
    assert live.join(PATIENCE)
    assert not live.running and live.buttons["start"].description == "Start"
    reached = live.run.step
    assert live.stage.alt == f"at {reached}"
    assert live.status.value == f"step {reached}, paused"
    assert "gantheory-training" in threads
    live.buttons["both"].click()
    assert live.run.step == reached + 1
    live.start()
    wait_for(lambda: live.run.step > reached + 1)


def test_starting_twice_makes_one_thread(opened):
    live = opened(make_game, Scene())
    live.start()
    live.start()
    assert sum(t.name == "gantheory-training" for t in threading.enumerate()) == 1


def test_a_pause_and_a_quick_start_leave_one_thread(opened):
    live = opened(make_game, Scene(), speed=1)
    for _ in range(5):
        live.start()
        live.pause()
    live.start()
    wait_for(lambda: sum(t.name == "gantheory-training" for t in threading.enumerate()) == 1)
    step = live.run.step
    wait_for(lambda: live.run.step > step)


def test_closing_ends_the_thread():
    live = LiveTrainer(make_game, Scene(), speed=1)
    live.start()
    wait_for(lambda: live.run.step >= 2)
    live.close()
    assert live.join(PATIENCE)
    assert live.stage.comm is None
    live.start()
    assert not live.running


def test_the_last_view_going_pauses(opened):
    live = opened(make_game, Scene(), speed=1)
    live.stage._receive(live.stage, {"kind": "opened", "view": "a"}, [])
    live.start()
    live.stage._receive(live.stage, {"kind": "gone", "view": "a"}, [])
    assert live.join(PATIENCE)
    assert not live.running


def test_advancing_pauses_takes_the_steps_and_draws(opened):
    live = opened(make_game, Scene(), speed=1)
    live.start()
    wait_for(lambda: live.run.step >= 2)
    live.advance(7)
    assert live.join(PATIENCE) and not live.running
    step = live.run.step
    assert step >= 9 and live.stage.alt == f"at {step}" and len(live.run.steps) == step
    live.advance(3)
    assert live.run.step == step + 3 and live.stage.alt == f"at {step + 3}"


def test_reset_and_seed_go_back_to_the_start(opened):
    live = opened(make_game, Scene())
    start = params(live.run.state, "generator")
    live.step_once()
    live.buttons["reset"].click()
    assert live.run.step == 0 and live.stage.alt == "at 0"
    np.testing.assert_array_equal(params(live.run.state, "generator"), start)
    live.controls["seed"].value = 5
    assert live.run.step == 0
    assert (params(live.run.state, "generator") != start).any()


def test_structure_starts_again_and_moves_go_on(opened):
    live = opened(
        make_game,
        Scene(),
        structure={"loss": choice("loss", ["non_saturating", "minimax"])},
        moves={"mean": slider("mean", -3, 3, 2.0)},
    )
    live.step_once()
    live.controls["mean"].value = -1.0
    assert live.run.step == 1
    assert float(live.run.game.target.mean[0]) == -1.0
    live.controls["loss"].value = "minimax"
    assert live.run.step == 0
    assert float(live.run.game.target.mean[0]) == -1.0


def test_moving_a_slider_while_training_compiles_nothing(opened):
    live = opened(make_game, Scene(), moves={"mean": slider("mean", -3, 3, 2.0)}, speed=1)
    live.step_once()
    live.step_once()
    before = len(COMPILATIONS)
    for name, value in {
        "mean": -1.0,
        "generator_learning_rate": 1e-2,
        "discriminator_learning_rate": 5e-3,
        "num_critic_steps": 4,
        "freeze_generator": True,
        "freeze_discriminator": True,
        "speed": 5,
    }.items():
        live.controls[name].value = value
        live.run.advance(live.controls["speed"].value, live.settings)
        live.show()
    assert len(COMPILATIONS) == before
    jax.jit(lambda x: x * 17.25)(1.0)
    assert len(COMPILATIONS) > before  # the listener does hear compilations


def test_settings_follow_the_controls(opened):
    live = opened(make_game, Scene(), settings=training.Settings(2e-3, 4e-3, num_critic_steps=2))
    assert live.controls["generator_learning_rate"].value == 2e-3
    live.controls["discriminator_learning_rate"].value = 0.05
    live.controls["freeze_generator"].value = True
    settings = live.settings
    assert float(settings.generator_learning_rate) == pytest.approx(2e-3)
    assert float(settings.discriminator_learning_rate) == pytest.approx(0.05)
    assert int(settings.num_critic_steps) == 2
    assert bool(settings.freeze_generator) and not bool(settings.freeze_discriminator)


def test_a_training_that_blows_up_pauses_and_says_so(opened):
    live = opened(make_game, Scene(), settings=training.Settings(0.1, 0.1))
    live.step_once()
    object.__setattr__(live, "_constraint", None)
    huge = training.Settings(1e38, 1e38)
    live._advance(50, huge)
    assert live.run.stopped is not None
    assert "Stopped at step" in live.message.value
    assert not live.running
    assert np.isfinite(params(live.run.state, "generator")).all()
    live.reset()
    assert live.message.value == ""


def test_an_error_in_the_scene_pauses_and_is_told(opened):
    def fail(run):
        if run.step:
            raise ValueError("cannot draw")

    live = opened(make_game, Scene(fail))
    live.start()
    assert live.join(PATIENCE)
    wait_for(lambda: not live.running)
    assert "cannot draw" in live.message.value


def test_an_unwatched_page_pauses_the_training(opened, monkeypatch):
    from gantheory.live import trainer

    monkeypatch.setattr(trainer, "_UNWATCHED_SECONDS", 0.0)
    live = opened(make_game, Scene(), speed=1)
    live.stage._receive(live.stage, {"kind": "opened", "view": "a"}, [])
    live.start()
    assert live.join(PATIENCE)
    assert not live.running


def test_on_a_slow_line_a_late_answer_counts(opened, monkeypatch):
    """Each answer is to the picture before the newest: the page is there."""
    from gantheory.live import trainer

    monkeypatch.setattr(trainer, "_UNWATCHED_SECONDS", 0.5)
    live = opened(make_game, Scene(), speed=1)
    live.stage._receive(live.stage, {"kind": "opened", "view": "a"}, [])
    answers = []

    def wait(timeout=0.5):
        time.sleep(0.02)
        if time.monotonic() < answers[0] + 1.5:
            live.stage._receive(live.stage, {"kind": "shown", "serial": live.stage.serial - 1}, [])
            answers.append(time.monotonic())
        return False

    monkeypatch.setattr(live.stage, "wait", wait)
    answers.append(time.monotonic())
    live.start()
    assert live.join(PATIENCE)
    assert time.monotonic() - answers[0] > 1.5 and len(answers) > 5
    assert "no page has shown a picture" in live.message.value
    live.step_once()
    assert live.message.value == ""


def test_where_d_alone_is_trained_nothing_steers_g(opened):
    live = opened(make_game, Scene(), discriminator_only=True)
    assert set(live.buttons) == {"start", "discriminator", "reset"}
    assert set(live.controls) == {"speed", "discriminator_learning_rate", "seed"}
    live.controls["discriminator_learning_rate"].value = 0.05
    assert float(live.settings.discriminator_learning_rate) == pytest.approx(0.05)
    live.buttons["discriminator"].click()
    assert live.run.step == 1


def test_a_moved_game_is_measured_anew_at_the_same_step():
    def to_target(game, state):
        return {"place": game.target.mean[0] + 0.0 * state.step}

    run = Run(make_game(2.0), measure=to_target)
    run.advance(3, training.Settings())
    run.move(make_game(-1.0))
    assert run.measured_at.tolist() == [0, 3]
    assert run.measured["place"].tolist() == [2.0, -1.0]
    run.advance(2, training.Settings())
    assert run.measured_at.tolist() == [0, 3, 5]
    assert run.measured["place"].tolist() == [2.0, -1.0, -1.0]


def test_what_refuses_its_arguments_can_still_be_thrown_away():
    with pytest.raises(ValueError, match="seed must be"):
        LiveTrainer(make_game, Scene(), seed=-1)
