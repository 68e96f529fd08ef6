"""What importing the package costs, and that its face is complete."""

import subprocess
import sys
import sysconfig

import notebook_routes

PROBE = """
import sys
import notebook_routes
loaded = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(*sorted(name for name in loaded if not name.startswith(("_", "notebook_routes", "sitecustomize"))))
"""


def test_importing_the_package_loads_only_the_standard_library():
    # -S leaves site-packages' own start-up files out; the path is given instead.
    paths = [path for path in sys.path if path]
    probe = f"import sys\nsys.path[:0] = {paths!r}\n{PROBE}"
    found = subprocess.run([sys.executable, "-S", "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_the_face_is_sorted_and_complete():
    assert notebook_routes.__all__ == sorted(notebook_routes.__all__, key=_isort_key)
    later = {"ApiRequest", "ApiResponse"}
    assert set(notebook_routes.public_names()) == set(notebook_routes.__all__) - later
    for name in later:
        assert getattr(notebook_routes, name).__name__ == name
    missing = [name for name, value in notebook_routes.public_names().items() if not value.__doc__]
    assert missing == []


def test_import_contracts_hold():
    found = subprocess.run(
        [f"{sysconfig.get_path('scripts')}/lint-imports"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout


def test_the_version_is_the_distributions():
    from importlib.metadata import version

    assert version("notebook-routes") == notebook_routes.__version__


def _isort_key(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order that ruff keeps."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
