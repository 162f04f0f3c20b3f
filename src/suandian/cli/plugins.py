"""`suandian plugins`: what is installed; `new`: a package to start from; `check`: its contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
Kind = Annotated[str, typer.Argument(metavar="KIND", help="grid, series, trace, policy, …")]


@app.callback()
def plugins(context: typer.Context, as_json: AsJson = False) -> None:
    """List the plug-ins by kind, with where each comes from and whether its data are installed.

    Examples:
      suandian plugins --json
      suandian plugins new series day-wave
      suandian plugins check series day-wave
    """
    # typer calls the group first, also when `new` or `check` follows
    if context.invoked_subcommand is not None:
        return
    from suandian import api

    table = api.plugins()
    if as_json:
        print(json.dumps({"plugins": table.to_dicts()}, ensure_ascii=False))
        return
    for row in table.iter_rows(named=True):
        where = f"{row['source']:20} {row['module']}"
        print(f"{row['kind']:10} {row['name']:20} {row['data']:36} {where}")


@app.command()
def new(
    kind: Kind,
    name: Annotated[str, typer.Argument(metavar="NAME", help="of the plug-in, e.g. day-wave")],
    as_json: AsJson = False,
) -> None:
    """Write a working package with a plug-in of a kind and its test to ./suandian-NAME/.

    Example: suandian plugins new series day-wave
    """
    from suandian import api

    written = [str(path) for path in api.new_plugin(kind, name)]
    if as_json:
        print(json.dumps({"written": written}))
        return
    print("\n".join(f"wrote {path}" for path in written))
    # the first file written is the package's pyproject.toml: it is what pip installs
    folder = Path(written[0]).parent
    print(f"next: pip install ./{folder} && suandian plugins check {kind} {name}")


@app.command()
def check(
    kind: Kind,
    name: Annotated[str, typer.Argument(metavar="NAME", help="an installed plug-in")],
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE, an option that it is tried with; repeatable"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the contract suite of its kind on an installed plug-in. Exit 1 if it breaks a rule.

    Without --set it is tried with its own example. A connector is read, never told.

    Examples:
      suandian plugins check trace pai-quantiles
      suandian plugins check grid matpower --set file=case14.m
    """
    from suandian import api
    from suandian.cli.options import options_of

    # nothing set: the plug-in's own example; an empty choice would hide that there is one
    try:
        kept = api.check_plugin(kind, name, options_of(sets) if sets else None)
    except api.ContractError as error:
        print(json.dumps({"broken": error.broken}) if as_json else str(error))
        raise typer.Exit(1) from error
    lines = "\n".join(f"yes {rule}" for rule in kept)
    print(json.dumps({"kept": kept}) if as_json else f"{lines}\n{len(kept)} rules, 0 broken")
