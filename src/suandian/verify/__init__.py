"""An independent check of a run folder: it reads the files only, and shares no mathematics with
what wrote them.
"""

from suandian.verify.finding import Finding, Report
from suandian.verify.verify import verify

__all__ = ["Finding", "Report", "verify"]
