"""The Python of an isolate: which it is, and how packages are asked for it."""

from __future__ import annotations

#: The same that Python Workers of the compatibility date 2026-09-08 and JupyterLite's kernel run.
PYODIDE = "314.0.6"
PYTHON = (3, 14)
#: The platform of its wheels on PyPI (PEP 783).
PLATFORM = "pyemscripten_2026_0_wasm32"
#: What the conditions of requirements find there (PEP 508).
MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": f"{PYTHON[0]}.{PYTHON[1]}.0",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_system": "Emscripten",
    "python_full_version": f"{PYTHON[0]}.{PYTHON[1]}.0",
    "python_version": f"{PYTHON[0]}.{PYTHON[1]}",
    "sys_platform": "emscripten",
}
#: What has pip take wheels for it, and nothing that would have to be built.
PIP_OPTIONS = (
    "--only-binary=:all:", "--implementation", "cp", "--python-version", f"{PYTHON[0]}.{PYTHON[1]}",
    "--platform", PLATFORM, "--platform", "any", "--abi", f"cp{PYTHON[0]}{PYTHON[1]}", "--abi", "abi3", "--abi", "none",
)  # fmt: skip
#: Packages that do the same without their compiled part, and of which PyPI has no wheel for it.
PLAIN_TOO = ("markupsafe", "tornado")
