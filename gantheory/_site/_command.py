"""The options of `gantheory site`."""

from importlib.util import find_spec
from pathlib import Path

import click

from gantheory import _launch

__all__ = ["command"]

# What the pages are built with, by the names one imports; all of them come with the extra `site`.
_BUILDERS = ("sphinx", "myst_nb", "furo", "sphinx-mathjax-offline")


@click.command("site")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("site"),
    show_default=True,
    help="Where the pages go; what is there and is no such site is left alone.",
)
@click.argument("notebooks", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(output: Path, notebooks: tuple[Path, ...]) -> None:
    """Turn NOTEBOOKS (the whole course if none is named) into a static site.

    Every notebook is run. Sliders and recorded trainings move in the page by themselves: it needs no kernel, and asks
    no other host for anything. The reference of the module comes with it.
    """
    if any(find_spec(name) is None for name in _BUILDERS):
        raise click.ClickException(
            "Building the site needs Sphinx and its parts: run `pip install 'gantheory[site]'` first."
        )
    from gantheory._site import _build

    try:
        first = _build.build(notebooks or _course_files(), output)
    except (OSError, _build.BuildError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The site is built: {first}")


def _course_files() -> tuple[Path, ...]:
    """List the course's notebooks: the checkout's, or those that came with the package."""
    folder = _launch.course_in_checkout() or Path(_launch.__file__).parent / "_notebooks"
    if not (folder / _launch.FIRST).is_file():
        raise FileNotFoundError(f"The course's notebooks are missing from the installed package ({folder}).")
    return tuple(sorted(folder.glob("*.ipynb")))
