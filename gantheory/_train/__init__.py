"""The command `gantheory train`: trainings on machines without a browser, saved, resumed, on many devices.

`_command` holds the options, `_plan` what a training is (and how a resumed one is told from another), `_run` the loop
of chunks, saves and signals, `_report` what is written beside the saves and said at the end, `_hosts` what the
processes of a cluster tell each other.
"""

from gantheory._train._command import command

__all__ = ["command"]
