"""The theory of GANs, to look at and to compute with.

Five floors, imports only go down: mathematics (`distributions`, `divergences`, `transport`), the game (`losses`,
`lipschitz`, `networks`, `games`, `training`, `datasets`, `metrics`, `classifiers`, `recipes`, `checkpoints`), pictures
(`plotting`), controls (`live`), and one explorable a notebook (`explorables`).

>>> import gantheory
>>> round(float(gantheory.divergences.js([1.0, 0.0], [0.0, 1.0])), 4)  # disjoint: log 2, in nats
0.6931
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "checkpoints",
    "classifiers",
    "datasets",
    "distributions",
    "divergences",
    "dynamics",
    "explorables",
    "games",
    "lipschitz",
    "live",
    "losses",
    "metrics",
    "networks",
    "plotting",
    "recipes",
    "training",
    "transport",
]


def __getattr__(name: str) -> ModuleType:
    # A part is imported when it is first used: who only computes never waits for matplotlib and ipywidgets.
    if name in __all__:
        return importlib.import_module(f"gantheory.{name}")
    raise AttributeError(f"module 'gantheory' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
