"""The trainer: one step and one loop for every two-player game.

A step is the discriminator's `num_critic_steps` updates and then one update of the generator. Everything in `Settings`
is a traced array, so that moving a learning rate, the number of critic steps, a freeze switch or a number of the
constraint while a training runs compiles nothing anew. The random numbers of a step come from the state's key and the
number of the step alone: 30 trainings of 20 steps, one after another, equal one of 600 bit for bit.

    state = init(game, jax.random.key(0))
    state, history = train(game, state, 1000, Settings(generator_learning_rate=1e-3))

A training may end with smaller steps and with averaged weights, `Settings(schedule=cosine_decay(1000),
ema_decay=0.99)`: `averaged(state)` is the state whose generator has them. `sweep` trains a whole table of losses and
constraints, several seeds of each.

A state that `replicate` has laid on many devices, of one host or of several, is trained on all of them together.

One side alone takes a step where the other is frozen, `Settings(freeze_generator=True)`; it counts as a step like any
other.
"""

from gantheory.training._devices import replicate
from gantheory.training._loop import History, averaged, make_step, train, train_many
from gantheory.training._schedules import cosine_decay, linear_decay
from gantheory.training._start import init, init_many
from gantheory.training._step import Info, Settings, State
from gantheory.training._sweep import Cell, Sweep, sweep

__all__ = [
    "Cell",
    "History",
    "Info",
    "Settings",
    "State",
    "Sweep",
    "averaged",
    "cosine_decay",
    "init",
    "init_many",
    "linear_decay",
    "make_step",
    "replicate",
    "sweep",
    "train",
    "train_many",
]
