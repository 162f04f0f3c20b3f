"""Tables of docs/performance.md from stored results.

`python -m suandian.bench.document docs/performance.md` rewrites the page in place: what stands
between the lines `<!-- bench: docs/benchmarks/replan.json -->` and `<!-- end -->` is replaced by
the table of that file (its path is relative to the working directory). With `wide` after the path,
figures are columns, for many of one kind. With `--check` nothing is written and a page that would
change is an error. Files that end in `.json` are printed as tables.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"(<!-- bench: (\S+)( wide)? -->\n).*?(<!-- end -->)", re.DOTALL)


def stored(
    name: str,
    options: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    date: str,
    machine: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what `bench --out` stores. `date` comes from outside: a benchmark has no calendar."""
    # what was asked is kept with what came out: a figure can be measured again
    plain = {k: str(v) if isinstance(v, Path) else v for k, v in options.items()}
    return {
        "name": name,
        "options": plain,
        "date": date,
        "machine": dict(machine),
        "rows": [dict(r) for r in rows],
    }


def table(result: Mapping[str, Any], wide: bool = False) -> str:
    """Return a stored result as Markdown: command, machine, and a line per row; or a column per
    figure if `wide`.
    """
    given = "".join(
        f" --{k.replace('_', '-')} {v}" for k, v in result["options"].items() if v != ""
    )
    box = result["machine"]
    versions = result["machine"]["versions"]
    parts = [
        str(result["date"]),
        f"{box['cores']} cores ({box['model']})",
        f"Python {box['python']}",
    ]
    parts += [f"{name} {version}" for name, version in versions.items()]
    lines = [
        f"`suandian bench {result['name']}{given}`",
        "",
        f"{', '.join(p for p in parts if p)}.",
        "",
    ]
    # a line a figure, or a line a case with all of its figures
    lines += _wide(result["rows"]) if wide else _long(result["rows"])
    return "\n".join(lines) + "\n"


def _long(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    head = [
        "| size | figure | value | range | peer | peer's value | ratio | same answer |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return [*head, *(f"| {' | '.join(_cells(row))} |" for row in rows)]


def _wide(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line per size and name; the values of the figures are the columns, their units in
    the head.
    """
    figures = list(dict.fromkeys((row["figure"], row["unit"]) for row in rows))
    head = ["size", "", *(name if unit == "1" else f"{name} [{unit}]" for name, unit in figures)]
    values = {(row["size"], row["name"], row["figure"]): shown(row["value"]) for row in rows}
    cases = dict.fromkeys((row["size"], row["name"]) for row in rows)
    lines = [
        [shown(s), n, *(values.get((s, n, figure), "") for figure, _ in figures)] for s, n in cases
    ]
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines)]


def _cells(row: Mapping[str, Any]) -> list[str]:
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    return [
        shown(row["size"]),
        str(row["figure"]),
        f"{shown(row['value'])}{unit}",
        spread(row["low"], row["high"]),
        str(row["peer"] or ""),
        f"{shown(row['peer_value'])}{unit}" if row["peer_value"] is not None else "",
        "" if row["ratio"] is None else f"{shown(row['ratio'])}{_ratio_range(row)}",
        {None: "", True: "yes", False: "**no**"}[row["same_answer"]],
    ]


def _ratio_range(row: Mapping[str, Any]) -> str:
    inner = spread(row.get("ratio_low"), row.get("ratio_high"))
    return f" [{inner}]" if inner else ""


def shown(value: Any) -> str:
    """Return a number with three digits that matter; anything else as it is.

    Examples
    --------
    >>> shown(1234567.0), shown(0.012345), shown(12.345), shown("8 sites")
    ('1,234,567', '0.0123', '12.3', '8 sites')
    """
    # True is an int to Python, and no number to a reader
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".") if value else "0"


def spread(low: Any, high: Any) -> str:
    """Return `low – high`, "" where they are equal or missing."""
    return "" if low is None or high is None or low == high else f"{shown(low)} – {shown(high)}"


def page(text: str, folder: Path = Path()) -> str:
    """Return the page `text` with all its tables made anew from the files they name, relative to
    `folder`.
    """

    def made(found: re.Match[str]) -> str:
        result = json.loads((folder / found[2]).read_text(encoding="utf-8"))
        return f"{found[1]}{table(result, wide=bool(found[3]))}{found[4]}"

    return _PLACE.sub(made, text)


def main(words: Sequence[str]) -> int:
    """Rewrite (or check) pages, print stored results; returns the exit code."""
    stale = 0
    for word in words:
        path = Path(word)
        # first the pages: what is stale is told for all of them
        if word == "--check":
            continue
        if path.suffix == ".json":
            print(table(json.loads(path.read_text(encoding="utf-8"))))
            continue
        text = path.read_text(encoding="utf-8")
        new = page(text)
        if new != text and "--check" in words:
            print(
                f"{path}: tables differ from the stored results; run python -m "
                f"suandian.bench.document {path}"
            )
            stale = 1
        elif new != text:
            path.write_text(new, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
