"""The `suandian` command: collects the verbs, turns errors into messages and exit codes."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from suandian.cli import (
    bench,
    check,
    compare,
    export,
    new,
    opf,
    plan,
    plugins,
    report,
    schema,
    settle,
    simulate,
    trace,
    verify,
)
from suandian.model.issues import InputError, RecordError, SuandianError

app = typer.Typer(
    name="suandian",
    help="算电协同 computing-electricity synergy: plan, run and settle computing and electricity "
    "as one system.",
    no_args_is_help=True,
    # an error that we did not foresee is shown as Python shows it, to be reported
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _laid_out(verb: Callable[..., None]) -> str:
    """Return a verb's help with its examples on lines of their own."""
    text = inspect.cleandoc(verb.__doc__ or "")
    # the mark keeps click from filling the lines of examples into a paragraph
    return text.replace("\n\nExample", "\n\n\b\nExample")


# in the order in which a newcomer meets them: it is that of the help
for verb in (
    new.new,
    check.check,
    plan.plan,
    simulate.simulate,
    compare.compare,
    report.report,
    settle.settle,
    verify.verify,
    export.export,
    bench.bench,
    opf.opf,
    schema.schema,
    trace.trace,
):
    # only benchmarks have options that the command line does not know
    settings = bench.SETTINGS if verb is bench.bench else None
    app.command(verb.__name__, help=_laid_out(verb), context_settings=settings)(verb)
app.add_typer(plugins.app, name="plugins", help=_laid_out(plugins.plugins))


def _tell_version(wanted: bool) -> None:
    if wanted:
        # imported when asked for: every verb starts faster without it
        from importlib.metadata import version

        print(f"suandian {version('suandian')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="print the version and exit"
        ),
    ] = False,
) -> None:
    """算电协同 computing-electricity synergy: plan, run and settle computing and electricity as one
    system.
    """


def main() -> None:
    """Run the command line; exit 0 done, 1 failed or infeasible, 2 bad usage or input."""
    try:
        app()
    except InputError as error:
        # the verb that would know its options has failed: the words are asked
        if "--json" in sys.argv:
            print(
                json.dumps(
                    {"issues": [issue.as_dict() for issue in error.issues]}, ensure_ascii=False
                )
            )
        # on stderr as well as in JSON: stdout belongs to whoever parses it
        for issue in error.issues:
            print(issue, file=sys.stderr)
        sys.exit(2)
    except RecordError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"{error.filename or 'file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(2)
    except SuandianError as error:
        print(f"failed: {error}", file=sys.stderr)
        sys.exit(1)
