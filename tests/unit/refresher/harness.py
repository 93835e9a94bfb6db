"""Runs the refresher with recorded stand-ins for `aws` and `kubectl` first on PATH.

The stand-ins answer from files the test writes and record how they were called; they are not the real tools.
The engine tests run the same script with the real ones.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[3] / "components" / "refresher" / "refresh.sh"
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

SHELLS = [[path] for name in ("dash", "bash") if (path := shutil.which(name))]
SHELLS += [[path, "sh"] for path in [shutil.which("busybox")] if path]

# Call n answers from the files <tool>.<n>.{out,err,status}, or from the last one there is.
STAND_IN = """#!/bin/sh
cd '{directory}' || exit 99
count=$(($(cat {tool}.calls 2>/dev/null || echo 0) + 1))
echo "$count" >{tool}.calls
printf '%s\\n' "$@" >{tool}.argv."$count"
env >{tool}.env."$count"
[ '{tool}' = aws ] || cat >{tool}.stdin."$count"
while [ ! -e {tool}."$count".status ]; do count=$((count - 1)); done
cat {tool}."$count".out
cat {tool}."$count".err >&2
exit "$(cat {tool}."$count".status)"
"""


@dataclass
class Answer:
    """What a stand-in prints on one call, and its exit status."""

    out: str = ""
    err: str = ""
    status: int = 0


@dataclass
class Run:
    """One finished run of the script, with everything it did."""

    status: int
    out: str
    err: str
    directory: Path
    printed: str = field(init=False)

    def __post_init__(self) -> None:
        self.printed = self.out + self.err

    def calls(self, tool: str) -> int:
        counter = self.directory / f"{tool}.calls"
        return int(counter.read_text()) if counter.exists() else 0

    def argv(self, tool: str, call: int = 1) -> list[str]:
        return (self.directory / f"{tool}.argv.{call}").read_text().splitlines()

    def environment(self, tool: str, call: int = 1) -> dict[str, str]:
        lines = (self.directory / f"{tool}.env.{call}").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def patch(self, call: int = 1) -> dict[str, Any]:
        patch = json.loads((self.directory / f"kubectl.stdin.{call}").read_text())
        assert isinstance(patch, dict)
        return patch

    def every_argument(self) -> str:
        return "\n".join(path.read_text() for path in self.directory.glob("*.argv.*"))


class Refresher:
    """Prepares the stand-ins and runs the script."""

    def __init__(self, directory: Path, shell: list[str]) -> None:
        self._shell = shell
        self.trace = False
        self._answers = directory / "answers"
        self._bin = directory / "bin"
        self.tmp = directory / "tmp"
        for path in (self._answers, self._bin, self.tmp):
            path.mkdir()
        for tool in ("aws", "kubectl"):
            stand_in = self._bin / tool
            stand_in.write_text(STAND_IN.format(directory=self._answers, tool=tool))
            stand_in.chmod(0o755)
        # Waiting is not what is tested: what would have been waited is printed.
        sleep = self._bin / "sleep"
        sleep.write_text("#!/bin/sh\n")
        sleep.chmod(0o755)
        self.environment = {
            "PATH": f"{self._bin}:/usr/bin:/bin",
            "HOME": str(self.tmp),
            "TMPDIR": str(self.tmp),
            "SECRET_NAME": "nvcf-pull",
            "NAMESPACE": "nvcf-backend",
            "ECR_KIND": "ecr-private",
            "AWS_REGION": "us-west-2",
            "REGISTRY_HOSTS": HOST,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "REFRESH_ATTEMPTS": "3",
            "REFRESH_BACKOFF": "0",
        }

    def answers(self, tool: str, *answers: Answer) -> None:
        for call, answer in enumerate(answers, start=1):
            (self._answers / f"{tool}.{call}.out").write_text(answer.out)
            (self._answers / f"{tool}.{call}.err").write_text(answer.err)
            (self._answers / f"{tool}.{call}.status").write_text(str(answer.status))

    def run(self, **environment: str) -> Run:
        done = subprocess.run(
            [*self._shell, *(["-x"] if self.trace else []), str(SCRIPT)],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr, self._answers)
