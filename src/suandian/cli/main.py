"""The `suandian` command: collects the verbs, turns errors into messages and exit codes."""

from __future__ import annotations

import json
import sys

import typer

from suandian.cli import check, new, opf, plugins, schema
from suandian.model.issues import InputError, SuandianError

app = typer.Typer(
    name="suandian",
    help="算电协同 computing-electricity synergy: plan, run and settle computing and electricity as one system.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("opf")(opf.opf)
app.command("schema")(schema.schema)
app.command("plugins")(plugins.plugins)


@app.callback()
def _root() -> None:
    """算电协同 computing-electricity synergy: plan, run and settle computing and electricity as one system."""


def main() -> None:
    """Run the command line; exit 0 done, 1 failed or infeasible, 2 bad usage or input."""
    try:
        app()
    except InputError as error:
        if "--json" in sys.argv:
            print(json.dumps({"issues": [issue.as_dict() for issue in error.issues]}, ensure_ascii=False))
        for issue in error.issues:
            print(issue, file=sys.stderr)
        sys.exit(2)
    except SuandianError as error:
        print(f"failed: {error}", file=sys.stderr)
        sys.exit(1)
