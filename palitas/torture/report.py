"""Figures as a table that can be read in a terminal and pasted into a page."""

from collections.abc import Sequence

Row = Sequence[str | int]


def table(heads: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a table: the first column to the left, figures to the right."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        return " | ".join((row[0].ljust(widths[0]), *figures))

    rule = ["-" * width for width in widths]
    return "\n".join(f"| {line(row)} |" for row in (cells[0], rule, *cells[1:]))
