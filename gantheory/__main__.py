"""The command `gantheory` (also `python -m gantheory`)."""

import sys
from pathlib import Path

import click

from gantheory import __version__


class _Commands(click.Group):
    """The commands; `train` loads JAX, and it and `site` are looked up only where they are meant."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*super().list_commands(context), "train", "site"]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name == "train":
            from gantheory import _train

            return _train.command
        if name == "site":
            from gantheory import _site

            return _site.command
        return super().get_command(context, name)


@click.group(
    cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="gantheory")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on this machine; the first free one from 8888 on if left out.",
)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.pass_context
def main(context: click.Context, port: int | None, no_browser: bool) -> None:
    """The theory of GANs, in interactive notebooks. Without a command: open."""
    if context.invoked_subcommand is None:
        context.invoke(open_course, port=port, no_browser=no_browser)
    elif context.invoked_subcommand != "open" and (port is not None or no_browser):
        raise click.UsageError(f"{context.invoked_subcommand} takes neither --port nor --no-browser.")


@main.command("open")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on this machine; the first free one from 8888 on if left out.",
)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to put the notebooks (asked for if left out); a checkout opens its own.",
)
def open_course(port: int | None, no_browser: bool, folder: Path | None = None) -> None:
    """Open the course in JupyterLab."""
    from gantheory import _launch

    # The options may stand before the command as well.
    before = click.get_current_context().find_root().params
    port = before.get("port") if port is None else port
    no_browser = no_browser or before.get("no_browser", False)
    try:
        course = _launch.course_in_checkout() if folder is None else None
        if course is None:
            course = (folder or _ask_for_folder()).expanduser().resolve()
            copied = _launch.copy_course(course)
            click.echo(f"{len(copied)} notebooks copied to {course}; what was there already stays as it is.")
        _launch.serve(course, port=port, browser=not no_browser)
    except OSError as error:
        raise click.ClickException(str(error)) from None


def _ask_for_folder() -> Path:
    default = Path.cwd() / "gantheory-notebooks"
    if not sys.stdin.isatty():
        return default
    return Path(click.prompt("Copy the notebooks to which folder?", default=str(default)))


if __name__ == "__main__":
    main(prog_name="gantheory")
