"""The forecaster that a scenario names, among those installed."""

from __future__ import annotations

from suandian.model.known import Known
from suandian.model.ports.forecaster import Forecaster, ForecasterKind
from suandian.reading.registry import find


def forecaster(known: Known) -> Forecaster:
    """Return the forecaster that `known.forecast` names.

    Raises
    ------
    InputError
        None of that name is installed.
    pydantic.ValidationError
        Its options are not of its kind (`suandian check` says which).
    """
    spec = known.forecast
    kind: ForecasterKind = find("forecaster", spec.name, "scenario", "forecast.name").load()
    return kind.make(known, kind.Options.among(spec.options))
