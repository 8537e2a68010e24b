"""The same records, the same faults, one program after the other, each in processes of its own over loopback."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from hd_assets.settings import Settings
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.server import SimulatorServer
from hd_assets.simulator.wire import Answer
from hd_assets.warehouse import Warehouse
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.rivals.reader import Arrived, arrived

TOP = Path(__file__).parents[2]
# The requests that cannot be repeated without harm; faults strike only these, so that all meet the same number.
POSTS = r"^POST /conversations(/\d+/reply)?$"
# An operator who starts a failed program again gives up after so many starts.
STARTS = 10
SECONDS = 900
ADMIN = "migration@desk.example"
MAPPING = f"""
    source: desk
    time_zone: UTC
    first_month: 2023-01
    migration_admin: {{name: Migration, email: {ADMIN}}}
    unassigned_tickets: keep
    unmatched_agents: block
    internal_notes: note
    targets: {{simulator: {{}}}}
    objects:
      conversations: {{from: [ticket], fidelity: "1:1"}}
    attributes:
      conversation:
        desk_source_id: {{type: string}}
        number: {{type: string}}
"""


@dataclass(frozen=True)
class Schedule:
    """`faults` strike while the program runs; `kill_at`: SIGKILL when that POST was done and not yet answered."""

    name: str
    faults: tuple[Fault, ...] = ()
    kill_at: int | None = None


def schedules(every: int, posts: int) -> list[Schedule]:
    lost = {"kind": "applied_then_lost", "route": POSTS}
    return [
        Schedule(f"every {every}th answer is lost", (Fault(every=every, **lost),)),
        Schedule(f"one answer in {every} is lost, at random", (Fault(probability=1 / every, **lost),)),
        Schedule(
            f"every {every}th answer is 503 after the work was done",
            (Fault(kind="status_after", every=every, route=POSTS),),
        ),
        # not at the end of a batch: there every batch size would look alike
        Schedule("kill -9 in the middle, started again", kill_at=posts // 2 + 6),
    ]


@dataclass(frozen=True)
class Contest:
    """What is to be moved: `conversations` threads of one opening and `replies` replies each."""

    conversations: int
    replies: int = 0

    @property
    def posts(self) -> int:
        return self.conversations * (1 + self.replies)

    def threads(self) -> dict[str, list[str]]:
        return {
            f"Opening of question {number}": [f"Reply {reply} to question {number}" for reply in self._replies]
            for number in self._numbers
        }

    def rows(self) -> list:
        """The threads as staged rows."""
        rows: list = [builders.contact(person, custom_attributes={}) for person in range(1, _PEOPLE + 1)]
        rows.append(builders.teammate(1, email=ADMIN))
        for number in self._numbers:
            person = f"{MIGRATION}-user-{_person(number)}"
            head = builders.conversation(number, contact=person, custom_attributes={"number": f"N{number}"})
            rows += [head, builders.part(head, 0)]
            for reply in self._replies:
                text = f"Reply {reply} to question {number}"
                words = {"body_html": f"<p>{text}</p>", "body_text": text, "number": number * 10 + reply}
                rows.append(builders.reply(head, reply, **words))
        return rows

    def records(self, people: Mapping[int, str], admin: str) -> list[dict]:
        """The threads as bodies of requests, for programs that only send."""
        return [
            {
                "key": f"N{number}",
                "opening": {
                    "from": {"type": "user", "id": people[_person(number)]},
                    "body": f"Opening of question {number}",
                    "created_at": _moment(number, 0),
                },
                "replies": [
                    {
                        "message_type": "comment",
                        "type": "admin",
                        "admin_id": admin,
                        "body": f"<p>Reply {reply} to question {number}</p>",
                        "created_at": _moment(number, reply),
                    }
                    for reply in self._replies
                ],
            }
            for number in self._numbers
        ]

    @property
    def _numbers(self) -> range:
        return range(1, self.conversations + 1)

    @property
    def _replies(self) -> range:
        return range(1, self.replies + 1)


_PEOPLE = 20


def _person(number: int) -> int:
    return 1 + number % _PEOPLE


def _moment(number: int, reply: int) -> int:
    return int((builders.EPOCH + timedelta(hours=number, minutes=reply)).timestamp())


@dataclass(frozen=True)
class Program:
    """One contestant. `prepare` readies a folder for it and answers its command line and environment."""

    name: str
    prepare: Callable[[Contest, str, Path], tuple[list[str], dict[str, str]]]


def ours(contest: Contest, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    mappings = folder / "mappings"
    mappings.mkdir()
    (mappings / f"{MIGRATION}.yaml").write_text(textwrap.dedent(MAPPING))
    variables = {"HD_HOME": str(folder / "home"), "HD_MAPPINGS": str(mappings), "HD_SIMULATOR_URL": url}
    stores = Settings.from_environment(variables).stores(MIGRATION)
    builders.store(Warehouse.of(stores.warehouse), contest.rows())
    return ["hd_assets_tests.acceptance.light", MIGRATION], variables


def _with_records(module: str, *arguments: str) -> Callable[[Contest, str, Path], tuple[list[str], dict[str, str]]]:
    def prepare(contest: Contest, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
        headers = {"Authorization": "Bearer harness", "Intercom-Version": "2.16"}
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as http:
            people = {}
            for person in range(1, _PEOPLE + 1):
                answer = http.post("/contacts", json={"role": "user", "external_id": f"{MIGRATION}-user-{person}"})
                people[person] = answer.raise_for_status().json()["id"]
            admins = http.get("/admins").raise_for_status().json()["admins"]
        records = folder / "records.jsonl"
        admin = next(str(row["id"]) for row in admins if row["email"] == ADMIN)
        records.write_text("".join(json.dumps(record) + "\n" for record in contest.records(people, admin)))
        # dlt reports its use to its makers unless told not to
        quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "DLT_DATA_DIR": str(folder)}
        return [f"hd_assets_tests.rivals.{module}", url, str(records), str(folder), *arguments], quiet

    return prepare


PROGRAMS = (
    Program("hd_assets", ours),
    Program("script with retries", _with_records("script")),
    Program("dlt destination, batch 1", _with_records("dlt_sink", "1", "plain")),
    Program("dlt destination, batch 10 (default)", _with_records("dlt_sink", "10", "plain")),
    Program("dlt destination, batch 500", _with_records("dlt_sink", "500", "plain")),
    Program("dlt destination, batch 500, dlt's retrying client", _with_records("dlt_sink", "500", "retrying")),
)


@dataclass(frozen=True)
class Result:
    """How one program did under one schedule. `ended`: its last start said that all is done."""

    program: str
    schedule: str
    arrived: Arrived
    struck: int
    starts: int
    ended: bool
    seconds: float


class _Watched(Simulator):
    """Kills the program's process group at one POST, between the work and the answer."""

    kill_at: int | None = None
    victim: subprocess.Popen | None = None
    seen = 0

    def handle(self, method: str, path: str, *rest, **options) -> Answer:
        answer = super().handle(method, path, *rest, **options)
        if method == "POST" and path.startswith("/conversations") and not path.endswith("/search"):
            self.seen += path == "/conversations" or path.endswith("/reply")
            if self.kill_at is not None and self.seen >= self.kill_at and self.victim is not None:
                self.kill_at = None
                os.killpg(self.victim.pid, signal.SIGKILL)
        return answer


def run(program: Program, schedule: Schedule, contest: Contest, folder: Path) -> Result:
    """Start the program until it says that all is done, at most STARTS times, then count what arrived."""
    folder.mkdir(parents=True)
    # no limit of the workspace shall slow anybody; each record gets its turn as fast as the machine allows
    with _Watched(rules=Rules(requests_per_minute=6_000_000)) as workspace, SimulatorServer(workspace) as server:
        workspace.provision(admins=[{"name": "Migration", "email": ADMIN}])
        arguments, variables = program.prepare(contest, server.url, folder)
        workspace.set_faults(FaultPlan(seed=1, faults=schedule.faults))
        workspace.kill_at = schedule.kill_at
        begun, starts, code = time.monotonic(), 0, None
        while code != 0 and starts < STARTS:
            starts += 1
            code = _start(workspace, arguments, variables, folder)
        seconds = time.monotonic() - begun
        struck = sum(workspace.faults.struck.values()) + (schedule.kill_at is not None and workspace.kill_at is None)
        workspace.set_faults(FaultPlan())
        counted = arrived(server.url, contest.threads())
    return Result(program.name, schedule.name, counted, struck, starts, code == 0, seconds)


def _start(workspace: _Watched, arguments: list[str], variables: dict[str, str], folder: Path) -> int:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HD_", "DAGSTER_"))}
    with (folder / "output.txt").open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            **{"cwd": TOP, "env": {**inherited, **variables}, "stdout": output, "stderr": output},
            start_new_session=True,
        )
        workspace.victim = running
        try:
            return running.wait(timeout=SECONDS)
        finally:
            workspace.victim = None
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
