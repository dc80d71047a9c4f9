"""The dynamics of two players who move at once: field, eigenvalues, trajectories, and how large a step may be.

The *field* v is minus the gradients of both players' losses, each with respect to its own parameters, theta (generator)
first. Its zeros are the points of rest; the eigenvalues of its Jacobian J tell what the flow dz/dt = v(z) does near
one: a negative real part pulls in, an imaginary part turns.

A training is no flow but an *update* repeated, and the update has a matrix of its own: I + h J for simultaneous
gradient steps of size h, something else for the other methods. Its eigenvalues belong beside the unit circle: inside,
the distance to the point of rest shrinks in the long run; outside, it grows.

Nothing here is derived by hand. The losses are those that `gantheory.training` descends, and JAX differentiates them.

>>> from gantheory import games
>>> game = games.dirac_gan("minimax")
>>> eigenvalues(game, 0.0, 0.0).imag
Array([ 0.5, -0.5], dtype=float32)
>>> abs(update_eigenvalues(game, 0.0, 0.0, step_size=0.2))  # sqrt(1 + 0.2^2 / 4): outside
Array([1.0049876, 1.0049876], dtype=float32)
"""

from gantheory.dynamics._field import ParameterField, eigenvalues, jacobian, parameter_field, vector_field
from gantheory.dynamics._steps import (
    METHODS,
    largest_stable_step,
    simulate,
    update_eigenvalues,
    update_matrix,
)

__all__ = [
    "METHODS",
    "ParameterField",
    "eigenvalues",
    "jacobian",
    "largest_stable_step",
    "parameter_field",
    "simulate",
    "update_eigenvalues",
    "update_matrix",
    "vector_field",
]
