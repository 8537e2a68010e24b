"""Which handler sends which operation of a conversation."""

from __future__ import annotations

from hd_assets.publish.changes import Assignment, Details, Participant, State, Tagging
from hd_assets.publish.conversion import Conversion
from hd_assets.publish.creation import Creation
from hd_assets.publish.leftovers import KIND, Leftover
from hd_assets.publish.replies import Reply
from hd_assets.publish.work import Handler


def thread_handlers() -> dict[str, Handler]:
    reply, state = Reply(), State()
    return {
        "conversation": Creation(),
        "participant": Participant(),
        "reply": reply,
        "note": reply,
        "details": Details(),
        "conversation_tag": Tagging(),
        "assign_team": Assignment(),
        "assign_admin": Assignment(),
        "snooze": state,
        "state": state,
        "convert": Conversion(),
        KIND: Leftover(),
    }
