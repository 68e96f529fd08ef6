"""Files of a test, by their paths."""

import textwrap


def write_files(root, files):
    """Write files below a folder, each a text or bytes; the folder."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def dedented(files):
    """Texts that are indented as the test is, and whose first line may stand behind the quotes."""
    return {path: textwrap.dedent(text).lstrip("\n") for path, text in files.items()}
