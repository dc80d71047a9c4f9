"""The theory of GANs, to look at and to compute with.

Five floors, imports only go down: mathematics (`distributions`, `divergences`, `transport`), the game (`losses`,
`networks`, `games`, `training`), pictures (`plotting`), controls (`live`), and one explorable a notebook
(`explorables`).
"""

__version__ = "0.1.0"
