"""The booked columns: what the ledger keeps of a step beside its totals, declared once.

Each book has a class here; each of its fields is a column of the book's detail, with its unit, the
members that it has a value for, and what it means. Whoever books, reads back or checks a column
names it by this field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_type_hints

import numpy as np
from numpy.typing import NDArray

from suandian.model.grid import Floats, Ints
from suandian.model.issues import RecordError

Columns = Mapping[str, NDArray[np.generic]]

ALWAYS = ""
COMMITMENT = "commitment"
SECURITY = "security"
LOOK_AHEAD = "look ahead"
LASTING = "tariffs that remember"
FLOAT = "float64"
TOUCHED = "jobs touched"
"""Members of a column: jobs that ran in the step or were suspended; others in each step."""


@dataclass(frozen=True)
class Column:
    """A booked column: its `unit`, the members it runs `over`, its `meaning`, how it is stored
    (`dtype`), and `when` it is booked.
    """

    unit: str
    over: str
    meaning: str
    dtype: str = "int64"
    when: str = ALWAYS


@dataclass(frozen=True, eq=False)
class BookedDetail:
    """The columns of one step in one book."""

    BOOK: ClassVar[str]

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """Return the columns of a detail that was read from the ledger, or is about to be booked.

        Raises
        ------
        RecordError
            A column that is always booked is missing.
        """
        values: dict[str, Any] = {}
        for name, column in declared(cls).items():
            # types are those declared, whatever the reader of the file made of them
            if name in columns:
                values[name] = np.asarray(columns[name], dtype=column.dtype)
            elif column.when == ALWAYS:
                raise RecordError(f"book {cls.BOOK}: the booked column {name} is missing")
        return cls(**values)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return the columns by name, as they are booked; those that do not apply are left out."""
        # what does not apply to a run is not booked at all
        values = {name: getattr(self, name) for name in declared(type(self))}
        return {
            name: np.asarray(value, dtype=declared(type(self))[name].dtype)
            for name, value in values.items()
            if value is not None
        }


def declared(kind: type[BookedDetail]) -> Mapping[str, Column]:
    """Return the declared columns of a kind of detail, by name.

    Examples
    --------
    >>> declared(CashDetail)["price"].unit
    'currency/MWh'
    """
    key: Any = kind  # to the type checker a class that defines eq has no hash
    return _declared(key)


@cache
def _declared(kind: Any) -> Mapping[str, Column]:
    # looked up once a class: a run books tens of thousands of columns
    hints = get_type_hints(kind, include_extras=True)
    return {spec.name: hints[spec.name].__metadata__[0] for spec in fields(kind)}


@dataclass(frozen=True, eq=False)
class EnergyDetail(BookedDetail):
    """Book `energy`: whole Wh of everything that flowed, and jobs that ran or were suspended."""

    BOOK: ClassVar[str] = "energy"

    job: Annotated[Ints, Column("1", TOUCHED, "position in the table of jobs")]
    job_site: Annotated[Ints, Column("1", TOUCHED, "site after the step")]
    job_energy_wh: Annotated[Ints, Column("Wh", TOUCHED, "IT energy in the step")]
    job_overhead_wh: Annotated[Ints, Column("Wh", TOUCHED, "work added by a suspension")]
    job_suspended: Annotated[Ints, Column("1", TOUCHED, "1 where it had to slow down or stop")]
    serve_wh: Annotated[Ints, Column("Wh", "services × sites", "IT energy served")]
    unserved_service_wh: Annotated[
        Ints, Column("Wh", "services", "IT energy asked for and not served")
    ]
    output_wh: Annotated[Ints, Column("Wh", "units", "output that was taken")]
    spilled_wh: Annotated[Ints, Column("Wh", "units", "made beyond that: nobody could take it")]
    potential_wh: Annotated[
        Ints, Column("Wh", "units", "what its feed would have given beyond the output")
    ]
    charge_wh: Annotated[Ints, Column("Wh", "stores", "taken from the place it stands at")]
    discharge_wh: Annotated[Ints, Column("Wh", "stores", "given to the place it stands at")]
    charge_loss_wh: Annotated[Ints, Column("Wh", "stores", "lost in charging")]
    discharge_loss_wh: Annotated[Ints, Column("Wh", "stores", "lost in discharging")]
    inflow_wh: Annotated[Ints, Column("Wh", "stores", "natural inflow")]
    spill_wh: Annotated[Ints, Column("Wh", "stores", "let go unused")]
    level_wh: Annotated[Ints, Column("Wh", "stores", "in store after the step")]
    line_wh: Annotated[Ints, Column("Wh", "lines", "flow, positive from → to")]
    link_wh: Annotated[Ints, Column("Wh", "links", "flow, positive from → to")]
    plate_wh: Annotated[Ints, Column("Wh", "buses of a copper plate", "handed to the plate")]
    import_wh: Annotated[Ints, Column("Wh", "sites", "through the connection, negative: export")]
    idle_wh: Annotated[Ints, Column("Wh", "sites", "drawn by the cluster without work")]
    unserved_idle_wh: Annotated[Ints, Column("Wh", "sites", "what it could not be supplied")]
    cooling_wh: Annotated[Ints, Column("Wh", "sites", "drawn beside IT: (PUE - 1) times it")]
    load_wh: Annotated[Ints, Column("Wh", "buses", "load that was wanted")]
    shed_wh: Annotated[Ints, Column("Wh", "buses", "load that was not served")]
    rounding_wh: Annotated[Ints, Column("Wh", "islands", "what rounding left over")]
    on_s: Annotated[
        Ints | None,
        Column(
            "s", "units", "how long on (positive) or off (negative), 0 unknown", when=COMMITMENT
        ),
    ] = None
    unsecured_line_wh: Annotated[
        Ints | None, Column("Wh", "lines", "flow, had N-1 been off", when=SECURITY)
    ] = None
    unsecured_link_wh: Annotated[
        Ints | None, Column("Wh", "links", "flow, had N-1 been off", when=SECURITY)
    ] = None
    unsecured_output_wh: Annotated[
        Ints | None, Column("Wh", "units", "output, had N-1 been off", when=SECURITY)
    ] = None
    unsecured_import_wh: Annotated[
        Ints | None, Column("Wh", "sites", "import, had N-1 been off", when=SECURITY)
    ] = None

    def jobs_by_site(self) -> Ints:
        """Return the IT energy of jobs by site [Wh], shape (sites,)."""
        energy = np.zeros(len(self.idle_wh), dtype=np.int64)
        # a job that was suspended before it ran anywhere has no energy and may have no site
        ran = self.job_energy_wh > 0
        np.add.at(energy, self.job_site[ran], self.job_energy_wh[ran])
        return energy

    def without_n1(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return flows of lines and links, output and import [Wh], had N-1 been off.

        Raises
        ------
        RecordError
            It was off.
        """
        # all or none: they are of one dispatch
        line = self.unsecured_line_wh
        link = self.unsecured_link_wh
        output = self.unsecured_output_wh
        imported = self.unsecured_import_wh
        if line is None or link is None or output is None or imported is None:
            raise RecordError("book energy: nothing is booked of a dispatch without N-1")
        return line, link, output, imported

    def gross_wh(self) -> Ints:
        """Return what units made [Wh], with what nobody could take, shape (units,)."""
        # spilled output was made: fuel, ramps and minimum times follow from it, the grid never saw
        # it
        return self.output_wh + self.spilled_wh


@dataclass(frozen=True, eq=False)
class CarbonDetail(BookedDetail):
    """Book `carbon`: what was emitted, and the intensities of what was taken."""

    BOOK: ClassVar[str] = "carbon"

    emission_g: Annotated[Ints, Column("g", "units", "direct CO2 of fuel and starts")]
    average_g_per_kwh: Annotated[
        Floats,
        Column("g/kWh", "buses", "flow-traced intensity of what is taken there", dtype=FLOAT),
    ]
    site_average_g_per_kwh: Annotated[
        Floats,
        Column("g/kWh", "sites", "flow-traced intensity of what is taken there", dtype=FLOAT),
    ]
    site_g: Annotated[
        Ints, Column("g", "sites", "CO2 of what the site used, by the average intensity")
    ]
    level_g: Annotated[Ints, Column("g", "stores", "CO2 of the energy in store after the step")]
    marginal_g_per_kwh: Annotated[
        Floats,
        Column(
            "g/kWh",
            "places",
            "change of emissions per kWh more, not a number where undefined",
            dtype=FLOAT,
        ),
    ]
    marginal_reason: Annotated[
        Ints, Column("1", "places", "why it is undefined: a code of model.signals", dtype="int8")
    ]


@dataclass(frozen=True, eq=False)
class CashDetail(BookedDetail):
    """Book `cash`: the prices that were settled at, and what the sites' bills came to."""

    BOOK: ClassVar[str] = "cash"

    price: Annotated[Floats, Column("currency/MWh", "buses", "nodal price of energy", dtype=FLOAT)]
    bill: Annotated[
        Ints,
        Column(
            "1/10000 currency",
            "kinds of charge × sites",
            "owed by the site: for energy, export, demand, other (model.ports.tariff)",
        ),
    ]
    lasting: Annotated[
        Ints | None,
        Column(
            "1",
            "values that last",
            "what tariffs remember after the step: peaks so far, open windows",
            when=LASTING,
        ),
    ] = None


@dataclass(frozen=True, eq=False)
class PlanDetail(BookedDetail):
    """Book `plan`: what was decided, by step of the plan; IT power unless said.

    What the policy needs to go on stands beside it, in columns `memory_…` of the solver's own.
    """

    BOOK: ClassVar[str] = "plan"

    plan_serve_mw: Annotated[
        Floats, Column("MW", "plan steps × services × sites", "for services", FLOAT)
    ]
    plan_waiting_mw: Annotated[
        Floats, Column("MW", "plan steps × classes × sites", "for jobs not yet started", FLOAT)
    ]
    plan_started_mw: Annotated[
        Floats, Column("MW", "plan steps × sites", "for jobs already at a site", FLOAT)
    ]
    plan_charge_mw: Annotated[
        Floats, Column("MW", "plan steps × stores", "taken from the grid", FLOAT)
    ]
    plan_discharge_mw: Annotated[
        Floats, Column("MW", "plan steps × stores", "given to the grid", FLOAT)
    ]
    plan_output_mw: Annotated[Floats, Column("MW", "plan steps × units", "output", FLOAT)]
    plan_price: Annotated[
        Floats, Column("currency/MWh", "plan steps × sites", "of energy drawn", FLOAT)
    ]
    plan_work_price: Annotated[
        Floats,
        Column("currency/MWh", "plan steps × workloads", "of one more MWh of work", FLOAT),
    ]
    plan_computing_price: Annotated[
        Floats, Column("currency/MWh", "plan steps × sites", "of one more MWh run there", FLOAT)
    ]
    plan_on: Annotated[
        Floats | None,
        Column("1", "plan steps × committed units", "1 on, 0 off", FLOAT, COMMITMENT),
    ] = None
    plan_steps: Annotated[
        Ints | None,
        Column("1", "plan steps", "steps of the scenario that each covers", when=LOOK_AHEAD),
    ] = None


# The books of every step. Plans are booked when they are made, and a study may add books.
DETAILS: Mapping[str, type[BookedDetail]] = {
    kind.BOOK: kind for kind in (EnergyDetail, CarbonDetail, CashDetail)
}
"""Books that are posted of every step."""
