"""`policy.look_ahead`: steps of a plan that grow with lead time fit each other, the study and the
time in force.
"""

from __future__ import annotations

from suandian.model.issues import Issue
from suandian.reading.spec.scenario import ScenarioSpec

PLACE = "policy.look_ahead"


def look_ahead(spec: ScenarioSpec, file: str) -> list[Issue]:
    """Return what is wrong with `policy.look_ahead`; nothing where it is not given."""
    pairs = spec.policy.look_ahead or ()
    step = spec.time.step
    policy = spec.policy
    if not pairs:
        return []
    issues = []
    before_until = 0.0
    before_step = step
    for i, (until, length) in enumerate(pairs):
        if until <= before_until:
            allowed = f"more than {before_until:g} h"
            issues.append(
                Issue(
                    file,
                    f"{PLACE}[{i}][0]",
                    f"{until:g} h",
                    "does not lie after the one before",
                    allowed,
                )
            )
        if not _whole(length, before_step):
            shown = f"{length * 60:g} min"
            allowed = f"a multiple of {before_step * 60:g} min"
            message = (
                "does not consist of whole steps of the study"
                if i == 0
                else "does not consist of whole steps of"
            )
            issues.append(
                Issue(
                    file,
                    f"{PLACE}[{i}][1]",
                    shown,
                    message + (" the row before" if i else ""),
                    allowed,
                )
            )
        before_until = until
        before_step = length
    first_until, first = pairs[0]
    if _whole(first, step) and round(first / step) > 1:
        message = "what is executed must be planned in steps of the study"
        allowed = f"{step * 60:g} min"
        remedy = f'begin with ["{policy.replan:g} h", "{step * 60:g} min"] (policy.replan)'
        issues.append(
            Issue(file, f"{PLACE}[0][1]", f"{first * 60:g} min", message, allowed, remedy)
        )
    elif first_until < policy.replan:
        message = "ends before the next plan is made (policy.replan)"
        allowed = f"{policy.replan:g} h or more"
        issues.append(Issue(file, f"{PLACE}[0][0]", f"{first_until:g} h", message, allowed))
    if pairs[-1][0] != policy.horizon:
        message = "does not end where the plan does (policy.horizon)"
        allowed = f"{policy.horizon:g} h"
        issues.append(
            Issue(file, f"{PLACE}[{len(pairs) - 1}][0]", f"{pairs[-1][0]:g} h", message, allowed)
        )
    return issues


def _whole(length: float, unit: float) -> bool:
    """Tell whether `length` is a whole number (one or more) of `unit`."""
    return round(length / unit) >= 1 and abs(length / unit - round(length / unit)) < 1e-9
