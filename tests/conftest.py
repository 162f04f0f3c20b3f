"""One profile for property tests: in CI the examples are the same each time, elsewhere
they vary.
"""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
settings.register_profile("here", print_blob=True)
settings.load_profile("ci" if os.environ.get("SUANDIAN_NO_SKIP") else "here")
