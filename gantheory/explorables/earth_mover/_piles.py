"""Piles of whole masses on a line: a plan to build by hand, and all plans in a row (figures of notebook 04)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.text import Text

from gantheory import plotting, transport
from gantheory.live.controls import button, choice, slider, whole_slider
from gantheory.live.figure import LiveFigure
from gantheory.live.stage import Stage

__all__ = ["AllPlans", "BuildAPlan"]

COSTS = {"the distance |x − y|": 1, "its square (x − y)²": 2}
PLAN_COLOR = "#4D4D4D"
# Transparent where nothing moves: what stands still in a cell shows through.
PLAN_COLORS = LinearSegmentedColormap.from_list("plan", ["#CC79A700", "#CC79A7FF"])
Masses = Sequence[int]
Matrix = Float[np.ndarray, "n m"] | Int[np.ndarray, "n m"]


def distances(n: int, m: int, power: int) -> Float[np.ndarray, "n m"]:
    """Compute |x - y|^power between the places 0, 1, ..., n - 1 and 0, 1, ..., m - 1."""
    return np.abs(np.arange(n)[:, None] - np.arange(m)[None, :]).astype(float) ** power


def number(mass: float) -> str:
    """Write a mass: whole numbers as such, others to two digits."""
    return f"{round(float(mass), 2):g}"


class MovesPicture:
    """Earth above the line, holes below it, and what a plan moves between them."""

    def __init__(self, figure: Figure, place: SubplotSpec, a: Masses, b: Masses, *, size: float = 13.0):
        self._a, self._b = a, b
        tall = max(*a, *b)
        self._top, unit = 1.0, 2.2 / max(tall, 3)
        wide = max(len(a), len(b)) - 1
        ax = plotting.axes(
            figure,
            place,
            title="from earth (above) to holes (below)",
            xlim=(-0.5, wide + 0.5),
            ylim=(-3.4, 3.4),
        )
        ax.set_xlabel("place")
        ax.set_xticks(range(wide + 1))
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        size *= 3 / max(tall, 3)
        self._units = [
            np.array(
                [
                    (i, sign * (self._top + (k + 0.5) * unit))
                    for i, mass in enumerate(masses)
                    for k in range(mass)
                ]
            )
            for masses, sign in ((a, 1), (b, -1))
        ]
        for units, look in zip(self._units, (plotting.GENERATED, plotting.DATA), strict=True):
            ax.plot(*units.T, ls="none", marker=look.marker, ms=size, mfc="none", mec=look.color, mew=1.2)
        self._moves = plotting.Segments(ax, PLAN_COLOR, alpha=0.75)
        self._earth = plotting.Points(ax, plotting.GENERATED, size=size, alpha=1.0)
        self._filled = plotting.Points(ax, plotting.DATA, size=size, alpha=1.0)
        self._width = 14 / max(tall, 3)
        self.artists = plotting.moving(self._moves, self._earth, self._filled)

    def set(self, plan: Matrix) -> None:
        """Show what `plan` moves; earth that it leaves stays above, filled."""
        i, j = np.nonzero(plan > 1e-9)
        ends = np.ones(len(i)) * (self._top - 0.1)
        self._moves.set(np.stack([i, ends], axis=1), np.stack([j, -ends], axis=1), self._width * plan[i, j])
        left = np.asarray(self._a, float) - plan.sum(axis=1)
        came = plan.sum(axis=0, dtype=float)
        self._earth.set(self._lowest(self._units[0], left))
        self._filled.set(self._lowest(self._units[1], came))

    @staticmethod
    def _lowest(units: Float[np.ndarray, "k 2"], masses: Float[np.ndarray, "n"]) -> Float[np.ndarray, "l 2"]:
        """Choose of each pile's units the first `masses` (rounded)."""
        kept = [units[units[:, 0] == i][: round(float(mass))] for i, mass in enumerate(masses)]
        return np.concatenate(kept)


class MatrixPicture:
    """The matrix of a plan; with `steps`, also what each row has left, each column's room, and where to click."""

    def __init__(self, figure: Figure, place: SubplotSpec, a: Masses, b: Masses, *, steps: bool = False):
        self._a, self._b = a, b
        n, m = len(a), len(b)
        limits = {
            "xlim": (-0.52, m + (0.6 if steps else -0.48)),
            "ylim": (-0.95 if steps else -0.52, n - 0.48),
        }
        ax = plotting.axes(figure, place, title="the plan: mass moved")
        self.ax = ax
        ax.set_xticks(range(m), [f"to {j}" for j in range(m)])
        ax.xaxis.tick_top()
        ax.set_yticks(range(n), [f"from {n - 1 - i}" for i in range(n)])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        self._tint = ax.imshow(
            np.zeros((n, m)),
            extent=(-0.5, m - 0.5, -0.5, n - 0.5),
            vmin=0,
            vmax=max(*a, *b) * 1.5,
            cmap=PLAN_COLORS,
            aspect="auto",
            interpolation="nearest",
        )
        ax.set(**limits)
        ax.hlines(np.arange(n + 1) - 0.5, -0.5, m - 0.5, color="#999999", lw=0.8)
        ax.vlines(np.arange(m + 1) - 0.5, -0.5, n - 0.5, color="#999999", lw=0.8)
        text = {"ha": "center", "va": "center", "zorder": 5}
        self._cells = [[ax.text(j, n - 1 - i, "", fontsize=13, **text) for j in range(m)] for i in range(n)]
        faint = text | {"fontsize": 8, "color": "#666666"}
        self._prices = [[ax.text(j, n - 1.36 - i, "", **faint) for j in range(m)] for i in range(n)]
        self._margins: list[Text] = []
        if steps:
            for i, j in np.ndindex(n, m):
                ax.text(j - 0.36, i, "−", fontsize=13, color="#777777", **text)
                ax.text(j + 0.36, i, "+", fontsize=13, color="#777777", **text)
            small = text | {"fontsize": 9, "color": "#333333"}
            rows = [ax.text(m - 0.4, n - 1 - i, "", **(small | {"ha": "left"})) for i in range(n)]
            self._margins = rows + [ax.text(j, -0.75, "", **small) for j in range(m)]
        (self._cursor,) = ax.plot([], [], color="#000000", lw=2.5, zorder=6)
        cells = [text for row in self._cells for text in row]
        self.artists = [self._tint, *cells, *self._margins, self._cursor]

    def set(self, plan: Matrix, cursor: tuple[int, int] | None = None) -> None:
        """Show `plan`, and a frame around the cell `cursor`."""
        self._tint.set_data(plan.astype(float))
        for row, masses in zip(self._cells, plan, strict=True):
            for text, mass in zip(row, masses, strict=True):
                text.set_text(number(mass) if mass > 0 else "")
        if self._margins:
            left, room = self._a - plan.sum(axis=1), self._b - plan.sum(axis=0)
            words = [f"left: {number(mass)}" for mass in left] + [f"room: {number(mass)}" for mass in room]
            for text, word in zip(self._margins, words, strict=True):
                text.set_text(word)
        if cursor is not None:
            x, y = cursor[1], len(self._a) - 1 - cursor[0]
            self._cursor.set_data(
                x + 0.48 * np.array([-1, 1, 1, -1, -1]), y + 0.48 * np.array([-1, -1, 1, 1, -1])
            )

    def set_price(self, price: Matrix) -> None:
        """Write into each cell what a unit costs there; as these words rarely change they are not moving artists."""
        for row, prices in zip(self._prices, price, strict=True):
            for text, one in zip(row, prices, strict=True):
                words = f"cost {number(one)}"
                if text.get_text() != words:
                    text.set_text(words)

    def cell(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Find the row and the column under a point in pixels, and +1 in the cell's right half, -1 in its left."""
        column, height = self.ax.transData.inverted().transform((x, y))
        i, j = len(self._a) - 1 - round(float(height)), round(float(column))
        if not (0 <= i < len(self._a) and 0 <= j < len(self._b)):
            return None
        return i, j, 1 if column >= j else -1


class BuildAPlan(LiveFigure):
    """Piles to move by hand, one unit of earth at a time.

    Attributes:
        plan: [n, m], the plan so far.
    """

    def __init__(self, a: Masses, b: Masses):
        self._ranked = {
            name: transport.ranked_plans(a, b, distances(len(a), len(b), power))
            for name, power in COSTS.items()
        }
        self._a, self._b = [int(mass) for mass in a], [int(mass) for mass in b]
        self.plan = np.zeros((len(a), len(b)), int)
        self._cursor = (0, 0)
        self._told = "Click + in a cell to move one unit that way."
        figure = plotting.new_figure(9.0, 4.0)
        cells = GridSpec(2, 2, figure, width_ratios=(4, 5), height_ratios=(1, 12))
        words = plotting.axes(figure, cells[0, :])
        words.set_axis_off()
        self._note = plotting.Note(words, 0.0, 1.0, size=11)
        self._moves = MovesPicture(figure, cells[1, 0], self._a, self._b)
        self._matrix = MatrixPicture(figure, cells[1, 1], self._a, self._b, steps=True)
        stage = Stage(figure, plotting.moving(self._moves, self._matrix, self._note), interactive=True)
        self.buttons = {
            "undo": button("Move all back", self.clear, hint="An empty plan", icon="undo"),
            "best": button("Show a best plan", self.show_best, hint="A plan of least cost"),
        }
        controls = {"cost": choice("cost of a unit", list(COSTS))}
        super().__init__(stage, self._update, controls, beside=list(self.buttons.values()))
        stage.on_event(self._on_event)

    def change(self, i: int, j: int, by: int) -> bool:
        """Move one unit more (by = 1) or less (by = -1) from i to j; say why not, where that is impossible."""
        self._cursor = (i, j)
        if by < 0 and self.plan[i, j] == 0:
            self._told = f"Nothing moves from {i} to {j} yet: there is nothing to take back."
        elif by > 0 and self.plan[i].sum() == self._a[i]:
            self._told = f"Not possible: no earth is left at {i}."
        elif by > 0 and self.plan[:, j].sum() == self._b[j]:
            self._told = f"Not possible: the hole at {j} is full."
        else:
            self.plan[i, j] += by
            self._told = ""
            self.refresh()
            return True
        self.refresh()
        return False

    def clear(self) -> None:
        """Start again from an empty plan."""
        self.plan[:] = 0
        self._told = "All earth is back where it was."
        self.refresh()

    def show_best(self) -> None:
        """Show the first of the best plans."""
        self.plan = self._ranked[self.controls["cost"].value][0][0].copy()
        self._told = ""
        self.refresh()

    def _update(self, cost: str) -> str:
        price = distances(len(self._a), len(self._b), COSTS[cost])
        work, moved, total = float((self.plan * price).sum()), int(self.plan.sum()), sum(self._a)
        self._moves.set(self.plan)
        self._matrix.set(self.plan, self._cursor)
        self._matrix.set_price(price)
        words = f"{moved} of {total} units moved, total cost {work:g}"
        if moved == total:
            words += f", average {work:g}/{total} = {work / total:.3f}. "
            costs = self._ranked[cost][1]
            better = int((costs < work).sum())
            words += f"{better} of {len(costs)} plans are cheaper." if better else "No plan is cheaper."
        else:
            words += f". {self._told}"
        self._note.set(words)
        row, column = self._cursor
        return f"{words} Plan, row by row: {self.plan.tolist()}; the cursor is at from {row} to {column}."

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event["kind"] == "press":
            found = self._matrix.cell(event["x"], event["y"])
            if found is not None:
                self.change(*found)
        elif event["kind"] == "key":
            i, j = self._cursor
            step = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}
            if event["key"] in step:
                down, right = step[event["key"]]
                self._cursor = (
                    int(np.clip(i + down, 0, len(self._a) - 1)),
                    int(np.clip(j + right, 0, len(self._b) - 1)),
                )
                self._told = ""
                self.refresh()
            elif event["key"] in ("+", "Enter", " "):
                self.change(i, j, 1)
            elif event["key"] == "-":
                self.change(i, j, -1)


class AllPlans(LiveFigure):
    """Every plan of whole masses, the cheapest first; a slider steps through them, another mixes two."""

    def __init__(self, a: Masses, b: Masses):
        price = {name: distances(len(a), len(b), power) for name, power in COSTS.items()}
        self._ranked = {name: transport.ranked_plans(a, b, cost) for name, cost in price.items()}
        self._price, self._total = price, int(sum(a))
        count = len(self._ranked[next(iter(COSTS))][1])
        figure = plotting.new_figure(9.0, 4.8)
        cells = GridSpec(2, 2, figure, height_ratios=(3, 2), width_ratios=(4, 5))
        self._moves = MovesPicture(figure, cells[0, 0], a, b, size=9.0)
        self._matrix = MatrixPicture(figure, cells[0, 1], a, b)
        top = max(float(costs[-1]) for _, costs in self._ranked.values()) / self._total
        ax = plotting.axes(
            figure,
            cells[1, :],
            title="all plans of whole masses, the cheapest first",
            xlim=(0.3, count + 0.7),
            ylim=(0, top * 1.15),
            xlabel="plan",
            ylabel="average cost",
        )
        self._dots = plotting.Dots(ax, np.arange(1, count + 1), plotting.EXACT, marker="o", ms=7, mfc="white")
        self._least = plotting.Curve(ax, [0, count + 1], plotting.TRANSPORT, "the least: the transport cost")
        self._here = plotting.Dots(ax, [0.0], plotting.TRANSPORT, "the plan shown", marker="D", ms=10)
        plotting.legend(ax, place="upper left", ncols=2)
        stage = Stage(figure, plotting.moving(self._moves, self._matrix, self._least, self._dots, self._here))
        controls = {
            "plan": whole_slider("plan", 1, count, count),
            "share": slider("mix in plan 1", 0.0, 1.0, 0.0, step=0.05),
            "cost": choice("cost of a unit", list(COSTS)),
        }
        super().__init__(stage, self._update, controls)

    def _update(self, plan: int, share: float, cost: str) -> str:
        plans, costs = self._ranked[cost]
        # Through whole multiples of 1/100: what a slider calls 0.3 is not quite that.
        share = round(share, 2)
        shown = share * plans[0] + (1 - share) * plans[plan - 1]
        average = float((shown * self._price[cost]).sum()) / self._total
        least = float(costs[0]) / self._total
        self._moves.set(shown)
        self._matrix.set(shown)
        self._matrix.set_price(self._price[cost])
        self._dots.set(costs / self._total)
        self._least.set([least, least])
        self._here.set([average], [plan + share * (1 - plan)])
        best = int((costs == costs[0]).sum())
        name = (
            f"plan {plan}"
            if share == 0
            else f"{number(share)} of plan 1 and {number(1 - share)} of plan {plan}"
        )
        return (
            f"{name} of {len(costs)}: average cost {average:.3f}; the least is {least:.3f}, reached by "
            f"{best} {'plan' if best == 1 else 'plans'} of whole masses. Rows: {np.round(shown, 2).tolist()}"
        )
