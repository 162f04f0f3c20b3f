"""Plug-ins: what is installed, a package to start from, and the contract that a plug-in keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from suandian import testing
from suandian.api import scaffold
from suandian.model.issues import InputError, Issue
from suandian.reading import registry


def plugins() -> pl.DataFrame:
    """Return the plug-ins, one row each.

    Columns: `kind` and `name`; `module`, where its object is; `data`, distribution and version that
    its data come with ("not installed" where it is absent); `source`, the distribution that
    declares it.

    Raises
    ------
    InputError
        Two plug-ins of one kind have the same name.

    Examples
    --------
    >>> from suandian import api
    >>> api.plugins().filter(kind="grid")["name"].to_list()[:2]
    ['inline', 'matpower']
    """
    rows = [
        {
            "kind": kind,
            "name": plugin.name,
            "module": plugin.module,
            "data": plugin.version() or "not installed",
            "source": plugin.owner,
        }
        for kind in registry.KINDS
        for plugin in sorted(registry.plugins(kind).values(), key=lambda p: p.name)
    ]
    return pl.DataFrame(rows)


def new_plugin(kind: str, name: str, folder: str | Path | None = None) -> list[Path]:
    """Write a working package with a plug-in of a kind and its test; returns the files written.

    `kind` in the singular, `name` of small letters, digits and hyphens; the package goes to
    `./suandian-NAME/` unless `folder` is given.

    Raises
    ------
    InputError
        No such kind, a bad name, a name that is taken, or a folder that exists.
    """
    registry.kind_named(kind)
    target = Path(f"suandian-{name}") if folder is None else Path(folder)
    scaffold.require_name(name)
    # two plug-ins of one name would be refused later, when nobody can be named any more
    if name in registry.plugins(kind):
        owner = registry.plugins(kind)[name].owner
        message = f"a {kind} of this name is installed ({owner})"
        remedy = "choose another name"
        raise InputError([Issue("plugins new", "NAME", name, message, "a new name", remedy)])
    return scaffold.write(kind, name, target)


def check_plugin(kind: str, name: str, options: Mapping[str, Any] | None = None) -> list[str]:
    """Run the contract suite of its kind on an installed plug-in; returns the rules that it keeps.

    `options` are what it is tried with; its own `example` unless given (a series takes `key`).

    Raises
    ------
    InputError
        No such kind or plug-in, or options that it does not take.
    ContractError
        With every rule that it breaks.

    Examples
    --------
    >>> from suandian import api
    >>> len(api.check_plugin("trace", "pai-quantiles")) > 5
    True
    """
    registry.kind_named(kind)
    port = registry.find(kind, name, "plugins check", "NAME").load()
    return testing.check(kind, port, options)
