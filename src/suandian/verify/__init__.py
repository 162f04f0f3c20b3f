"""An independent check of a run folder: it reads the files only, and shares no mathematics with
what wrote them.
"""

from suandian.verify.finding import Finding, Verification
from suandian.verify.verify import verify

__all__ = ["Finding", "Verification", "verify"]
