"""Where real photographs, streets and messages are, which are nobody's to publish.

``LPRSVC_SHARED_DATA`` names the folder; without it, ``shared/data`` beside this checkout. Tests
that need what is not there skip, and say so.
"""

import os
from pathlib import Path

from lprsvc.runtime.places import ROOT

REAL_DATA = Path(os.environ.get("LPRSVC_SHARED_DATA") or ROOT.parent / "shared" / "data")
