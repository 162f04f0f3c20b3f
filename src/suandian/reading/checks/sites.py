"""Rules over `[sites]` and `[tariffs]`: sizes, ratios of own supply, what is paid."""

from __future__ import annotations

from suandian.model.issues import InputError, Issue
from suandian.reading.checks.checked import Checked
from suandian.reading.checks.names import names, unknown
from suandian.reading.resolve.tariffs import tariffs as resolved_tariffs
from suandian.reading.spec.grid import SeriesFile

LARGEST_SITE_MW = 100_000.0
SMALLEST_SITE_MW = 1e-6


def tariffs(checked: Checked) -> list[Issue]:
    """A site's tariff is one of `[tariffs]`, whose kinds are installed and take their options."""
    # names as written, also those of tables that were cut out after a finding: one mistake, one
    # issue
    known = sorted({*names(checked.raw, "tariffs"), "spot"})
    issues = [
        issue
        for name, site in checked.spec.sites.items()
        for issue in unknown(
            site.connection.tariff, known, checked.file, f"sites.{name}.connection.tariff", "tariff"
        )
    ]
    try:
        resolved_tariffs(checked.spec, checked.file)
    except InputError as error:
        issues += error.issues
    return issues


def site_sizes(checked: Checked) -> list[Issue]:
    """Sites have the size of sites: kW and MW, or W and MW, are easily mistaken."""
    issues = []
    for name, site in checked.spec.sites.items():
        sizes = {"connection.limit": site.connection.limit, "cluster.power": site.cluster.power}
        for key, value in sizes.items():
            if value > LARGEST_SITE_MW or value < SMALLEST_SITE_MW:
                message = "no site has this size: mistaken unit?"
                place = f"sites.{name}.{key}"
                seen = f"{value:g} MW"
                allowed = "1 W to 100 GW"
                issues.append(Issue(checked.file, place, seen, message, allowed, "check the unit"))
        # the meter sees idle power with the cooling that it needs
        idle = site.cluster.power * site.cluster.idle * site.cluster.pue.value
        if idle > site.connection.limit:
            message = "power without work is more than the connection allows"
            place = f"sites.{name}.cluster.idle"
            allowed = f"{site.connection.limit:g} MW"
            issues.append(Issue(checked.file, place, f"{idle:g} MW", message, allowed))
    return issues


def pue_models(checked: Checked) -> list[Issue]:
    """A PUE follows a series where one is written, and only there."""
    issues = []
    for name, site in checked.spec.sites.items():
        pue = site.cluster.pue
        place = f"sites.{name}.cluster.pue"
        if pue.model == "series" and pue.series is None:
            remedy = 'series = { file = "pue.csv", unit = "1" }'
            issues.append(Issue(checked.file, f"{place}.series", None, "is missing", remedy))
        if isinstance(pue.series, SeriesFile) and pue.series.unit != "1":
            what = "is not the unit of a PUE"
            issues.append(Issue(checked.file, f"{place}.series.unit", pue.series.unit, what, '"1"'))
        if pue.model == "constant" and pue.series is not None:
            what = "is not read by the model constant"
            issues.append(
                Issue(checked.file, f"{place}.series", None, what, remedy='model = "series"')
            )
    return issues


def ratios(checked: Checked) -> list[Issue]:
    """Ratios of a site's own supply need such supply."""
    return [
        Issue(
            checked.file,
            f"sites.{name}.ratios",
            None,
            "the site has no supply of its own",
            remedy=f"add [sites.{name}.direct.NAME], or leave the ratios out",
        )
        for name, site in checked.spec.sites.items()
        if site.ratios is not None and not site.direct
    ]
