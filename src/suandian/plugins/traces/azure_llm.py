"""Requests to language models (AzurePublicDataset, LLM inference traces): the shape of a service,
not jobs.

CSV with TIMESTAMP, ContextTokens, GeneratedTokens, or the same as parquet (time, context_tokens,
generated_tokens). `read` gives tokens per second over time; `suandian trace FILE --out shape.csv`
writes them for `power.shape` of a service. A generated token counts as `weight` tokens of context
(default 1): it takes a pass by itself.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace, TraceKind
from suandian.model.ports.options import Field, InputPath, PluginOptions
from suandian.plugins.traces.recorded import (
    column_names,
    findings,
    number,
    read_table,
    require,
)

NAME = "azure-llm"
NAMES = {
    "TIMESTAMP": "time",
    "ContextTokens": "context_tokens",
    "GeneratedTokens": "generated_tokens",
}


def sniff(path: Path, head: str) -> bool:
    """Return whether a file has the columns of requests."""
    names = set(column_names(path, head))
    return set(NAMES) <= names or set(NAMES.values()) <= names


class AzureLlmOptions(PluginOptions):
    """Options of the trace plug-in `azure-llm`."""

    path: InputPath = Field(description="file of the trace")
    step_s: float = Field(default=60, gt=0, description="length of a step [s]")
    weight: float = Field(
        default=1.0, gt=0, description="context tokens that a generated token counts as [1]"
    )


def read(options: AzureLlmOptions) -> pl.DataFrame:
    """Return time (start of each step, UTC), `value` [tokens/s] and `requests` in it; steps without
    are zero.

    Raises
    ------
    InputError
        With every column and value that cannot be used.
    """
    path = options.path
    step = options.step_s
    weight = options.weight
    # the two published editions name their columns differently
    frame = read_table(path).rename(NAMES, strict=False)
    require(path, frame, tuple(NAMES.values()))
    # seven digits of a second in one edition: microseconds are enough
    time = (
        pl.col("time").str.to_datetime(time_unit="us", strict=False)
        if frame.schema["time"] == pl.String
        else pl.col("time")
    )
    frame = frame.with_columns(time.cast(pl.Datetime("us")).alias("at"))
    issues = findings(
        path,
        frame,
        {
            "time": (pl.col("at").is_not_null(), "a time"),
            "context_tokens": (number("context_tokens") >= 0, "tokens, 0 or more"),
            "generated_tokens": (number("generated_tokens") >= 0, "tokens, 0 or more"),
        },
    )
    if issues:
        raise InputError(issues)
    # reading a prompt is one pass, each generated token another
    tokens = number("context_tokens") + weight * number("generated_tokens")
    steps = frame.select(
        pl.col("at").dt.truncate(f"{round(step)}s").alias("time"), tokens.alias("tokens")
    )
    sums = steps.group_by("time").agg(
        (pl.col("tokens").sum() / step).alias("value"), pl.len().alias("requests")
    )
    first = pl.col("time").min()
    last = pl.col("time").max()
    every = f"{round(step)}s"
    # a step without requests is a zero, not a gap
    all_steps = sums.select(pl.datetime_range(first, last, every).alias("time"))
    return all_steps.join(sums, on="time", how="left", maintain_order="left").fill_null(0)


def jobs(options: AzureLlmOptions, start_s: int, end_s: int, seed: int) -> Trace:  # noqa: ARG001
    """Refuse: requests are a service's load, not jobs.

    Raises
    ------
    InputError
        Always, with what to do instead.
    """
    # requests are a service's power, not jobs: a scheduler cannot move them
    remedy = (
        'suandian trace FILE --out shape.csv, and kind = "service" with power.shape = { '
        'file = "shape.csv", … }'
    )
    raise InputError(
        [
            Issue(
                options.path.name,
                "trace",
                NAME,
                "has requests of a service, not jobs",
                remedy=remedy,
            )
        ]
    )


TRACE = TraceKind(jobs, AzureLlmOptions, sniff, read)
