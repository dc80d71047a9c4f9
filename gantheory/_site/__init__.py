"""The command `gantheory site`: the course as pages that need neither Python nor a network.

`_command` holds the options, `_execute` runs the notebooks, `_course` turns them into pages' sources, `_reference`
lists what is public, and `_build` hands all of it to Sphinx. What a live figure becomes on a page is
`gantheory.live.pages`.
"""

from gantheory._site._command import command

__all__ = ["command"]
