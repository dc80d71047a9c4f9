"""Saves of a training that survive a crash, and say so when they do not.

    checkpoints.save("runs/ring", state, history=history, metadata={"seed": 0})  # True, or a warning and False
    checkpoints.latest("runs/ring")                                              # Save(path, step, metadata), or None
    restored = checkpoints.restore("runs/ring", game)                            # .state, .history, .metadata
    state, more = training.train(game, restored.state, 1000)

A save holds all that a training depends on, so that on the CPU a resumed training equals an uninterrupted one, number
for number. It is a folder, `000007-step-1200` for the seventh save, taken after 1200 steps:

    arrays/          what orbax wrote: the arrays by name, such as "generator.params.layers.0.kernel"
    manifest.json    every file with its size and SHA-256; every array's shape and dtype; versions; the metadata
    manifest.sha256  the SHA-256 of manifest.json, in the form of the command sha256sum

The folder appears under this name by a single rename, after all of it has reached the disk: whenever the process dies,
the newest complete save is there, and what was being written is ignored and cleared away at the next save. Nothing in
it is a pickle, and nothing in it is run.

**Why is a damaged save an error, and not passed over for the one before it?** It says that something is wrong with the
disk, or that somebody has changed a file, and falling back in silence would throw away work unseen. The error names the
file, and what to delete to go on from the save before.
"""

from gantheory.checkpoints._manifest import CheckpointError
from gantheory.checkpoints._saves import CheckpointWarning, Restored, Save, latest, restore, save

__all__ = ["CheckpointError", "CheckpointWarning", "Restored", "Save", "latest", "restore", "save"]
