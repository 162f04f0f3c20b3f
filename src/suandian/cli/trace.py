"""`suandian trace`: look at a file of jobs, and write it as the normalised table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

QUANTILES = (0.5, 0.9, 0.99)


def trace(
    path: Annotated[
        Path, typer.Argument(help="SWF, sacct, PAI, Azure VM or LLM, OpenDC, CSV or parquet")
    ],
    name: Annotated[
        str | None,
        typer.Option("--format", help="trace plug-in; default: recognised by its content"),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, an option of the format; repeatable"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="write the normalised table: .parquet or .csv")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for machines")] = False,
) -> None:
    """Read a trace of jobs, report every issue, and say what is in it.

    Examples: suandian trace KTH-SP2-1996.swf · suandian trace jobs.txt --format sacct --set
    zone=Asia/Shanghai · suandian trace vmtable.csv --out jobs.parquet
    """
    import polars as pl

    from suandian.reading.resolve.traces import read_trace, recognised

    chosen = name or recognised(path)
    made = read_trace(path, chosen, dict(_option(text) for text in sets or ()))
    service = isinstance(made, pl.DataFrame)
    facts = {"format": chosen} | (_load(made) if service else _jobs(made))
    if out is not None:
        _write(made if service else made.table, out)
        facts["written"] = str(out)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    for key, value in facts.items():
        for line in value if isinstance(value, list) else [value]:
            text = f"{line:,}" if isinstance(line, int | float) else _shown(line)
            print(f"{key.replace('_', ' '):26} {text}")


def _option(text: str) -> tuple[str, Any]:
    from suandian.reading.text.toml import parse_override

    try:
        return parse_override(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from error


def _jobs(made: Any) -> dict[str, Any]:
    import polars as pl

    table = made.table
    if not len(table):
        return {"rows": 0, "notes": list(made.notes)}
    length = table["work"] / table["width"]
    first, last = (_time(table["submit"].min(), made.utc), _time(table["submit"].max(), made.utc))
    return {
        "rows": len(table),
        "jobs": int(table["count"].sum()),
        "submitted": f"{first} to {last}",
        "core_hours": round(float((table["work"] * table["count"]).sum()), 3),
        "run_time_h": _quantiles(length),
        "width_cores": _quantiles(table["width"]),
        "workloads": table["workload"].n_unique()
        if table["workload"].null_count() < len(table)
        else 0,
        "with_due": int(table["due"].is_not_null().sum()),
        "too_long_for_their_window": int(
            table.select(
                (pl.col("work") / pl.col("width") * 3600 > pl.col("due") - pl.col("submit")).sum()
            ).item()
        ),
        "notes": list(made.notes),
    }


def _load(made: Any) -> dict[str, Any]:
    return {
        "steps": len(made),
        "from": str(made["time"].min()),
        "to": str(made["time"].max()),
        "requests": int(made["requests"].sum()),
        "mean_tokens_per_s": round(float(made["value"].mean()), 3),
        "peak_tokens_per_s": round(float(made["value"].max()), 3),
    }


def _quantiles(values: Any) -> dict[str, float]:
    found = {f"p{q * 100:g}": values.quantile(q, "linear") for q in QUANTILES} | {
        "most": values.max()
    }
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def _shown(value: Any) -> str:
    return (
        ", ".join(f"{name} {x:g}" for name, x in value.items())
        if isinstance(value, dict)
        else str(value)
    )


def _time(seconds: int, utc: bool) -> str:
    if not utc:
        return f"{seconds / 3600:.3f} h from the trace's start"
    from suandian.plugins.traces.recorded import utc as text

    return text(seconds)


def _write(table: Any, out: Path) -> None:
    from suandian.model.issues import InputError, Issue

    if out.suffix not in (".parquet", ".csv"):
        raise InputError(
            [Issue("trace", "--out", str(out), "is of no known kind", ".parquet or .csv")]
        )
    if out.suffix == ".parquet":
        table.write_parquet(out)
    else:
        table.write_csv(out, datetime_format="%Y-%m-%dT%H:%M:%S")
