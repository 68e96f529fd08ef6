"""What the tests of projects on disk share."""

import pytest

from tests.files import write_files


@pytest.fixture
def project(tmp_path):
    """Write files, texts or bytes by their paths; gives the project's folder."""
    return lambda files: write_files(tmp_path, files)
