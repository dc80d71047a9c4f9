"""The site: pictures per second while a slider is dragged, what a page's explorable weighs, how long building takes.

    uv run python benchmarks/site.py [--site FOLDER]

Builds the whole course (or takes a site that stands already), opens its pages from the disk in Chromium and drags a
slider to and fro for three seconds, page after page, round after round. Counted are the pictures that were decoded and
put on the page. The drag is made of real mouse events; beside it stands how many of them reached the slider, since a
picture cannot change more often than that.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import report

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import lab  # noqa: E402

SECONDS = 3.0
COUNTER = """
(player) => {
  const counts = (window.counts = { pictures: 0, moves: 0 });
  new MutationObserver((changes) => (counts.pictures += changes.length))
    .observe(player, { attributes: true, attributeFilter: ["data-shown"] });
  player.querySelector("input").addEventListener("input", () => (counts.moves += 1));
}
"""


def drag(page, address: str) -> dict[str, float] | None:
    """Drag the first slider of a page that has more than thirty positions; None if there is none."""
    page.goto(address)
    players = page.locator("gantheory-player:has(input):not(:has(button))")
    for player in players.all():
        slider = player.locator("input")
        if int(slider.get_attribute("max")) < 30:
            continue
        player.scroll_into_view_if_needed()
        player.and_(page.locator("[data-ready]")).wait_for()
        box = slider.bounding_box()
        left, right, y = box["x"] + 10, box["x"] + box["width"] - 10, box["y"] + box["height"] / 2
        page.mouse.move(left, y)
        page.mouse.down()
        player.evaluate(COUNTER)
        begun, goal = time.monotonic(), right
        while time.monotonic() - begun < SECONDS:
            page.mouse.move(goal, y, steps=60)
            goal = left if goal == right else right
        seconds = time.monotonic() - begun
        counts = page.evaluate("counts")
        page.mouse.up()
        return {name: count / seconds for name, count in counts.items()}
    return None


def weigh(site: Path) -> dict[str, int]:
    """List the bytes of each explorable: what its pictures' script weighs, and its first picture."""
    made = {}
    for page in sorted(site.glob("[0-9]*.html")):
        for i, name in enumerate(re.findall(r'data-strip="(\w+)"', page.read_text())):
            made[f"{page.stem} {i}"] = (site / "strips" / f"{name}.js").stat().st_size
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, help="a site that was built already; its building is not timed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=report.RESULTS / "site.json")
    options = parser.parse_args()
    seconds = None
    with tempfile.TemporaryDirectory() as scratch:
        site = options.site
        if site is None:
            from gantheory._site import _build, _command

            site, begun = Path(scratch) / "site", time.monotonic()
            _build.build(_command._course_files(), site)
            seconds = time.monotonic() - begun
        site = site.resolve()
        bytes_ = weigh(site)
        pages = sorted(site.glob("[0-9]*.html"))
        rates: dict[str, list[dict[str, float]]] = {}
        with lab.chromium() as page:
            for _ in range(options.rounds):
                for path in pages:
                    measured = drag(page, path.as_uri())
                    if measured is not None:
                        rates.setdefault(path.stem, []).append(measured)
        whole = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    pictures = [each["pictures"] for rounds in rates.values() for each in rounds]
    moves = [each["moves"] for rounds in rates.values() for each in rounds]
    print(report.verdict("pictures/s while dragging, median", statistics.median(pictures), at_least=45))
    print(f"moves/s that reached the slider, median: {statistics.median(moves):.3g}")
    print(report.verdict("MB of the largest explorable", max(bytes_.values()) / 1e6, at_most=3))
    report.store(
        options.output,
        command="python benchmarks/site.py" + (" --site FOLDER" if options.site else ""),
        packages=("sphinx", "myst-nb", "furo", "playwright", "jax", "matplotlib"),
        pictures_per_second=report.spread(pictures),
        moves_per_second=report.spread(moves),
        pictures_per_second_by_page={
            name: report.spread([each["pictures"] for each in rounds]) for name, rounds in rates.items()
        },
        explorables=len(bytes_),
        bytes_per_explorable=report.spread(list(bytes_.values())),
        bytes_by_explorable=bytes_,
        bytes_of_the_site=whole,
        build_seconds=seconds,
    )


if __name__ == "__main__":
    main()
