"""Two-player games: what the players own, and what each of them minimises.

`Game` is the one abstraction of the project, and `gantheory.training` trains every one of them. `gan` makes the game
of Goodfellow et al., `conditional_gan` the one whose players see labels, `cycle_gan` that of two translators between
two domains; `generate`, `generator_function`, `discriminator_function` and `translate` look at what the players have
become.

**Why detach (stop_gradient) the fakes in D's step?** In frameworks where one backward pass fills the gradients of
everything it meets, the discriminator's loss would also push gradients into the generator, hence the advice to
detach the fakes. Here a gradient is taken *with respect to* the parameters of the player whose turn it is, so the other
player cannot be moved by accident. The trainer holds the opponent constant all the same (`jax.lax.stop_gradient` on
the opponent, in `gantheory.training`): it says what is meant, and saves the pass through the generator. The losses of
a game carry no stop_gradient of their own, because the Jacobian of the two players' vector field needs exactly the
cross derivatives that it would cut.
"""

from gantheory.games._conditional import conditional_gan
from gantheory.games._cycle import cycle_gan
from gantheory.games._game import DEFAULT_OPTIMIZER, Game, LossResult, NetworkFactory, Player
from gantheory.games._gan import gan
from gantheory.games._look import discriminator_function, generate, generator_function, translate
from gantheory.games._small import bilinear, dirac_gan, quadratic

__all__ = [
    "DEFAULT_OPTIMIZER",
    "Game",
    "LossResult",
    "NetworkFactory",
    "Player",
    "bilinear",
    "conditional_gan",
    "cycle_gan",
    "dirac_gan",
    "discriminator_function",
    "gan",
    "generate",
    "generator_function",
    "quadratic",
    "translate",
]
