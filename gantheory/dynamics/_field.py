"""The field of two players, and its Jacobian."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, ArrayLike, Complex, Float

from gantheory import _checks, _pytree, _scale
from gantheory.games import Game, Player

__all__ = [
    "ParameterField",
    "Point",
    "Scalar",
    "a_game",
    "a_point",
    "eigenvalues",
    "eigenvalues_of_2x2",
    "field_at",
    "jacobian",
    "parameter_field",
    "players_at",
    "vector_field",
]

Scalar = Float[Array, ""]
Point = Float[Array, "2"]


def vector_field(game: Game, theta: ArrayLike, psi: ArrayLike) -> Point:
    """Compute the field of a game of two scalars: minus each player's gradient of its own loss, theta first.

    Args:
        game: a game whose players own one number each (`games.dirac_gan`, `games.bilinear`, `games.quadratic`, or your
            own). For other games see `parameter_field`.
        theta: the generator's parameter, a finite number.
        psi: the discriminator's parameter, a finite number.

    Returns:
        The field at (theta, psi), shape [2]. Projections (weight clipping) are no part of it.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games
    >>> vector_field(games.bilinear(), 1.0, 2.0)  # theta descends theta psi, psi climbs it
    Array([-2.,  1.], dtype=float32)
    """
    return _compiled_field(a_game(game), a_point(theta, psi))


def jacobian(game: Game, theta: ArrayLike, psi: ArrayLike) -> Float[Array, "2 2"]:
    """Compute the Jacobian of the field at (theta, psi), by automatic differentiation; the arguments are those of it.

    Returns:
        J [2, 2]: entry (i, j) is the slope of the field's component i along the parameter j.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    >>> from gantheory import games
    >>> jacobian(games.quadratic(1.0, 2.0, 3.0), 0.0, 0.0)
    Array([[-1., -2.],
           [ 2., -3.]], dtype=float32)
    """
    return _compiled_jacobian(a_game(game), a_point(theta, psi))


def eigenvalues(game: Game, theta: ArrayLike, psi: ArrayLike) -> Complex[Array, "2"]:
    """Compute the eigenvalues of the field's Jacobian at (theta, psi); the arguments are those of `vector_field`.

    They tell about the flow dz/dt = v(z), that is, about infinitely small steps. For steps of a real size see
    `update_eigenvalues`.

    Returns:
        Two complex numbers; the first has the larger imaginary part or, where both are real, the larger real part.

    Raises:
        TypeError, ValueError: where an argument is not as above.

    Source: Mescheder et al. 2018, Which Training Methods for GANs do actually Converge?, section 2.

    >>> from gantheory import games, lipschitz
    >>> eigenvalues(games.dirac_gan("wasserstein", lipschitz.r1(4.0)), 0.0, 0.0)  # -2 +- sqrt(4 - 1)
    Array([-0.267949...+0.j, -3.732051...+0.j], dtype=complex64)
    """
    return _compiled_eigenvalues(a_game(game), a_point(theta, psi))


class ParameterField(NamedTuple):
    """The field of a game of any size, as a function of one flat vector.

    Attributes:
        field: z [n] -> v(z) [n]; may be put under jit, vmap, grad and jacfwd.
        point: where the state is, [n]: the generator's parameters, then the discriminator's.
        num_generator: how many of the n are the generator's.
    """

    field: Callable[[Float[Array, "n"]], Float[Array, "n"]]
    point: Float[Array, "n"]
    num_generator: int


def parameter_field(game: Game, state: Any, key: Array, settings: Any = None) -> ParameterField:
    """Flatten the field of any game, networks too, on the batch that `key` draws.

    Args:
        game: any `games.Game`.
        state: a `training.State` of it (or anything with `.generator` and `.discriminator`).
        key: a random key; it draws the batch and whatever else is random in the losses.
        settings: `training.Settings`, needed only where they override the game's constraint.

    Returns:
        A `ParameterField`. The Jacobian of n parameters takes n^2 numbers.

    Raises:
        TypeError: where `game` is no game, or `key` no random key.

    >>> from gantheory import games, training
    >>> game = games.bilinear()
    >>> field, point, _ = parameter_field(game, training.init(game, jax.random.key(0)), jax.random.key(1))
    >>> point, field(point)
    (Array([1., 1.], dtype=float32), Array([-1.,  1.], dtype=float32))
    """
    a_game(game)
    key = _checks.key("key", key)
    generator, discriminator = state.generator, state.discriminator
    point, unravel = ravel_pytree((generator.params, discriminator.params))

    def field(z: Float[Array, "n"]) -> Float[Array, "n"]:
        theta, psi = unravel(z)
        return ravel_pytree(
            _gradients(
                game, generator._replace(params=theta), discriminator._replace(params=psi), key, settings
            )
        )[0]

    return ParameterField(field, point, ravel_pytree(generator.params)[0].size)


def _gradients(game: Game, generator: Player, discriminator: Player, key: Array, settings: Any) -> Any:
    """Compute minus the two gradients, each of its player's own loss; (generator's, discriminator's)."""
    sample_key, loss_key = jax.random.split(key)
    batch = game.sample(sample_key)

    def generator_loss(params: Any) -> Scalar:
        player = generator._replace(params=params)
        return game.generator_loss(player, discriminator, batch, loss_key, settings)[0]

    def discriminator_loss(params: Any) -> Scalar:
        player = discriminator._replace(params=params)
        return game.discriminator_loss(player, generator, batch, loss_key, settings)[0]

    gradients = jax.grad(generator_loss)(generator.params), jax.grad(discriminator_loss)(discriminator.params)
    return jax.tree.map(jnp.negative, gradients)


def players_at(game: Game, z: Point) -> tuple[Player, Player]:
    """Make the players of a game of two scalars at the point z."""
    players = []
    for player, value in zip(game.init(jax.random.key(0)), z, strict=True):
        leaves, structure = jax.tree.flatten(player.params)
        if [leaf.size for leaf in leaves] != [1]:
            came = f"one with {sum(leaf.size for leaf in leaves)} parameters for a player"
            _checks.refuse(
                "game", "a game whose players own one number each (else see parameter_field)", came
            )
        params = jax.tree.unflatten(structure, [value.reshape(leaves[0].shape)])
        players.append(player._replace(params=params))
    return tuple(players)


def field_at(game: Game, z: Point) -> Point:
    return ravel_pytree(_gradients(game, *players_at(game, z), jax.random.key(0), None))[0]


def eigenvalues_of_2x2(matrix: Float[Array, "2 2"]) -> Complex[Array, "2"]:
    """Solve the quadratic equation: on every device, and under vmap and grad (where the two differ)."""
    # Eigenvalues grow with the matrix, and at size 1 no product of entries under- or overflows.
    size = _scale.size_of(matrix)
    (a, b), (c, d) = matrix / size
    middle, discriminant = (a + d) / 2, ((a - d) / 2) ** 2 + b * c
    root = jnp.sqrt(jnp.abs(discriminant))
    # Two real ones: the larger by size first, the other from their product, so that nothing cancels.
    far = middle + jnp.where(middle < 0, -root, root)
    near = jnp.where(far == 0, 0, (a * d - b * c) / jnp.where(far == 0, 1, far))
    real = jnp.stack([jnp.maximum(far, near), jnp.minimum(far, near)])
    turning = jnp.stack([middle + 1j * root, middle - 1j * root])
    return size * jnp.where(discriminant < 0, turning, real + 0j)


_compiled_field = jax.jit(field_at)
_compiled_jacobian = jax.jit(lambda game, z: jax.jacfwd(functools.partial(field_at, game))(z))
_compiled_eigenvalues = jax.jit(lambda game, z: eigenvalues_of_2x2(_compiled_jacobian(game, z)))


def a_game(game: Any) -> Game:
    if not isinstance(game, Game):
        allowed = "a games.Game, such as games.dirac_gan makes"
        _checks.refuse("game", allowed, _checks.describe(game), TypeError)
    return game


def a_point(theta: ArrayLike, psi: ArrayLike) -> Point:
    pair = (_checks.number("theta", theta), _checks.number("psi", psi))
    if all(_checks.is_concrete(x) for x in pair):
        # Converted by numpy: nothing is compiled for it.
        return jax.device_put(np.array([float(x) for x in pair], jnp.result_type(float)))
    return jnp.stack([_pytree.scalar(x) for x in pair])
