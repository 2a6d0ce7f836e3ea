"""`make setup`, with a uv that fetches nothing: what two checkouts with one cache do to each other."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# A Python that finds Java and jars at once, and a uv whose `venv` puts it there and which fails when told to.
PYTHON = '#!/bin/sh\ncase "$*" in *engine.jars) echo "$TWINLAKE_CACHE" ;; esac\n'
UV = """#!/bin/sh
[ -z "$UV_BROKEN" ] || exit 1
[ "$1" = venv ] || exit 0
for last; do :; done
mkdir -p "$last/bin" && cp "$(dirname "$0")/python" "$last/bin/python"
"""


def checkout(parent: Path, name: str) -> Path:
    made = parent / name
    for file in (
        "pyproject.toml",
        "requirements.lock",
        "infra/setup.sh",
        *(f"libs/twinlake/engine/{m}.py" for m in ("java", "jars", "cds")),
    ):
        (made / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / file, made / file)
    return made


def set_up(project: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    tools = project.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name, text in (("python", PYTHON), ("uv", UV)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHON": str(tools / "python"), **settings}
    env["TWINLAKE_CACHE"] = str(project.parent / "cache")
    return subprocess.run([project / "infra/setup.sh"], env=env, capture_output=True, text=True, check=False)


def test_what_is_set_up_stays_so_when_another_checkout_shares_its_cache(tmp_path: Path) -> None:
    one, other = checkout(tmp_path, "one"), checkout(tmp_path, "other")
    for project in (one, other):
        assert "ready in" in set_up(project).stderr
    assert [set_up(project).stderr for project in (one, other)] == ["", ""]


def test_an_environment_that_runs_another_checkouts_code_is_set_up_again(tmp_path: Path) -> None:
    one = checkout(tmp_path, "one")
    set_up(one)
    told = one / ".venv/lib/python3.11/site-packages/twinlake-0.1.0.dist-info/direct_url.json"
    told.parent.mkdir(parents=True)
    told.write_text(f'{{"url":"file://{one}","dir_info":{{"editable":true}}}}')
    assert set_up(one).stderr == ""
    told.write_text(f'{{"url":"file://{tmp_path}/other","dir_info":{{"editable":true}}}}')
    assert "ready in" in set_up(one).stderr


def test_a_set_up_that_broke_off_does_not_cost_another_checkout_its_environment(tmp_path: Path) -> None:
    one, other = checkout(tmp_path, "one"), checkout(tmp_path, "other")
    set_up(one)
    (one / ".venv/mine").touch()
    assert set_up(other, UV_BROKEN="1").returncode == 1
    assert set_up(one).returncode == 0
    assert (one / ".venv/mine").exists()
    assert set_up(other).returncode == 0
