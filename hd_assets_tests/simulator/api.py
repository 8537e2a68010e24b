"""A small client for the tests: says what it sends, checks the status, returns the JSON."""

from __future__ import annotations

import base64
from typing import Any

import httpx

from hd_assets.simulator.clock import VirtualClock
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.transport import SimulatorTransport


class Api:
    """Requests against one simulator; every call names the status it expects."""

    def __init__(self, simulator: Simulator, transport: httpx.BaseTransport | None = None, **headers: str) -> None:
        self.simulator = simulator
        self.client = httpx.Client(
            transport=transport or SimulatorTransport(simulator),
            base_url="http://simulator.invalid",
            headers={"Authorization": "Bearer test", "Intercom-Version": "2.16", **headers},
        )

    def __call__(self, method: str, path: str, body: Any = None, *, status: int = 200, **params: Any) -> Any:
        answer = self.client.request(method, path, json=body, params=params or None)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, *, status: int = 400, **params: Any) -> dict[str, Any]:
        """The one error of a refusal."""
        envelope = self(method, path, body, status=status, **params)
        assert envelope["type"] == "error.list"
        assert envelope["request_id"]
        return dict(envelope["errors"][0])

    def contact(self, external_id: str = "helpdesk-user-1", **fields: Any) -> str:
        return str(self("POST", "/contacts", {"role": "user", "external_id": external_id, **fields})["id"])

    def conversation(self, contact: str, body: str = "The printer is on fire", **fields: Any) -> str:
        made = self("POST", "/conversations", {"from": {"type": "user", "id": contact}, "body": body, **fields})
        return str(made["conversation_id"])

    def parts(self, conversation: str) -> list[dict[str, Any]]:
        return list(self("GET", f"/conversations/{conversation}")["conversation_parts"]["conversation_parts"])


def comment(admin: str, body: str = "<p>Hello</p>", **fields: Any) -> dict[str, Any]:
    return {"message_type": "comment", "type": "admin", "admin_id": admin, "body": body, **fields}


def note(admin: str, body: str = "<p>Hello</p>", **fields: Any) -> dict[str, Any]:
    return {"message_type": "note", "type": "admin", "admin_id": admin, "body": body, **fields}


def said(contact: str, body: str = "Thanks", **fields: Any) -> dict[str, Any]:
    return {"message_type": "comment", "type": "user", "intercom_user_id": contact, "body": body, **fields}


def file(name: str = "log.txt", content: bytes = b"log", content_type: str = "text/plain") -> dict[str, str]:
    return {"name": name, "content_type": content_type, "data": base64.b64encode(content).decode()}


def workspace(**given: Any) -> Simulator:
    """A simulator on a clock of its own with one teammate and one team."""
    simulator = Simulator(**{"clock": VirtualClock(), **given})
    simulator.provision(
        [{"name": "Ann Teller", "email": "ann@helpdesk.example"}],
        [{"name": "Support", "admin_emails": ["ann@helpdesk.example"]}],
    )
    return simulator
