"""Rules over `[policy]` and `[forecast]`: who decides, how often, how far it looks."""

from __future__ import annotations

from suandian.model.issues import Issue
from suandian.reading.checks.checked import Checked
from suandian.reading.checks.look_ahead import look_ahead
from suandian.reading.checks.options import option_issues


def policy(checked: Checked) -> list[Issue]:
    """Plans are made at step edges and look at least as far as the next one."""
    issues = []
    file = checked.file
    step = checked.spec.time.step
    replan = checked.spec.policy.replan
    horizon = checked.spec.policy.horizon
    # a step that does not divide the hour is reported itself, and would make all below wrong
    if 3600 % max(round(step * 3600), 1) == 0:
        if abs(replan / step - round(replan / step)) > 1e-9:
            allowed = f"a multiple of {step * 60:g} min"
            what = "is not a whole number of steps"
            issues.append(Issue(file, "policy.replan", f"{replan:g} h", what, allowed))
        issues += look_ahead(checked.spec, file)
    if horizon < replan:
        allowed = f"{replan:g} h or more"
        what = "ends before the next plan"
        issues.append(Issue(file, "policy.horizon", f"{horizon:g} h", what, allowed))
    return issues


def options(checked: Checked) -> list[Issue]:
    """Options of the policy and of the forecaster have known names, types and ranges."""
    asked = (
        ("policy", "policy", checked.spec.policy),
        ("forecaster", "forecast", checked.spec.forecast),
    )
    return [
        issue
        for kind, table, given in asked
        for issue in option_issues(
            kind, given.name, given.options, checked.file, f"{table}.options"
        )
    ]
