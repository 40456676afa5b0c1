"""The page's modules that need no browser, run by node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_modules_of_the_page():
    tests = Path(__file__).with_name("page_logic.test.mjs")
    command = ["node", "--test", str(tests)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
