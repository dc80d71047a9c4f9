"""What holds for every test: annotations are checked, ranks never broadcast silently, notebooks say nothing on stderr."""

import jax
import pytest
from jaxtyping import install_import_hook

# Before anything of the package is imported: beartype then checks each annotation, shapes included.
install_import_hook("gantheory", "beartype.beartype")

jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def x64():
    """Run the test in float64."""
    with jax.enable_x64(True):
        yield
