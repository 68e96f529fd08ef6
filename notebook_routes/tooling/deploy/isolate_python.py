"""The Python that answers at the platform: CPython 3.14 as Pyodide 314 builds it, and what of its library is there.

Python Workers have it from the compatibility date 2026-09-08 on. Measured with Pyodide 314.0.6 and 314.0.7.
"""

from __future__ import annotations

import sys

from notebook_routes.runtime.edge.tables import MISSING_MODULES


def words(text: str) -> frozenset[str]:
    """A table that is written as words."""
    return frozenset(text.split())


#: The first compatibility date that means it, and the flag that does before that date.
COMPATIBILITY_DATE = "2026-09-08"
COMPATIBILITY_FLAG = "python_workers_314"

#: Gone from the library between Python 3.11 and 3.14 (PEP 594, PEP 632).
REMOVED_MODULES = words(
    """aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib
    ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib"""
)
#: Come to it since.
_NEW_MODULES = frozenset({"_colorize", "_zstd", "annotationlib", "compression"})
#: What Pyodide and the platform add.
_PLATFORMS_MODULES = words(
    """_cloudflare _cloudflare_compat_flags _pyodide _pyodide_core _pyodide_entrypoint_helper js pyodide
    pyodide_js"""
)

#: The top modules that any code there can import without a package.
AVAILABLE_MODULES = (sys.stdlib_module_names - REMOVED_MODULES - MISSING_MODULES) | _NEW_MODULES | _PLATFORMS_MODULES
