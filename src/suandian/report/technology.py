"""What a generator or store is, as one of a few words, so that every figure and table names and
colours it alike.
"""

from __future__ import annotations

import re

WORDS = {
    "nuclear": "nuclear",
    "coal": "coal",
    "lignite": "coal",
    "gas": "gas",
    "ng": "gas",
    "ccgt": "gas",
    "ocgt": "gas",
    "oil": "oil",
    "diesel": "oil",
    "biomass": "biomass",
    "hydro": "hydro",
    "ror": "hydro",
    "water": "hydro",
    "wind": "wind",
    "onwind": "wind",
    "offwind": "wind",
    "sun": "solar",
    "solar": "solar",
    "pv": "solar",
    "rtpv": "rooftop solar",
    "rooftop": "rooftop solar",
    "csp": "CSP",
    "thermal": "CSP",
    "battery": "battery",
    "storage": "battery",
    "steam": "steam",
    "cc": "gas",
    "ct": "combustion turbine",
}
ORDER = (
    "nuclear",
    "coal",
    "steam",
    "biomass",
    "oil",
    "gas",
    "combustion turbine",
    "other",
    "hydro",
    "CSP",
    "wind",
    "solar",
    "rooftop solar",
    "battery",
)
RENEWABLE = ("hydro", "CSP", "wind", "solar", "rooftop solar")


def technology(text: str) -> str:
    """Return the word for a carrier, fuel or id; `other` where nothing is recognised.

    Examples
    --------
    >>> [technology(t) for t in ("Wind", "Solar RTPV", "generator:309_WIND_1", "Gas CC", "unknown")]
    ['wind', 'rooftop solar', 'wind', 'gas', 'other']
    """
    # carriers are words of other people: "Gas CC", "onwind", "309_WIND_1"
    parts = [part for part in re.split(r"[^a-z]+", text.lower()) if part]
    # "Solar RTPV" is roofs and not fields: the rarer word decides
    for special in ("rtpv", "rooftop", "csp"):
        if special in parts:
            return WORDS[special]
    return next((WORDS[part] for part in parts if part in WORDS), "other")


def rank(word: str) -> int:
    """Return the place of a technology in stacks and tables: steady supply first, weather after it,
    stores last.
    """
    return ORDER.index(word) if word in ORDER else ORDER.index("other")
