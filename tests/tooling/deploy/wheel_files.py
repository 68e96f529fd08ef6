"""Small wheels, made by hand."""

import zipfile


def write_wheel(folder, name, version="1.0", *, requires=(), modules=None):
    """Write a wheel that has a module of its name, and its path."""
    plain = name.replace("-", "_")
    path = folder / f"{plain}-{version}-py3-none-any.whl"
    about = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {each}" for each in requires)]
    with zipfile.ZipFile(path, "w") as wheel:
        for module in modules or [f"{plain}/__init__.py"]:
            wheel.writestr(module, "")
        wheel.writestr(f"{plain}-{version}.dist-info/METADATA", "\n".join(["Metadata-Version: 2.1", *about, "", ""]))
    return path
