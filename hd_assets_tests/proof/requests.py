"""How many requests a migration needs when nothing goes wrong, counted from the frozen source alone."""

from hd_assets_tests.proof.source import Case, Source


def of_case(case: Case, source: Source) -> int:
    """1 + parts + 1 + tags + assignments + (close, snooze or convert) + participants; parts hold the inserted ones."""
    writers = [message.author for message in case.messages if message.by == "contact" and message.author]
    requester = source.person(case.requester).number
    people = {source.person(number).number for number in (*case.participants, *writers)} - {requester}
    assignments = (case.assignee is not None) + (case.team is not None)
    closing = case.ticket_state is not None or case.state in ("closed", "snoozed")
    return 1 + len(case.messages) + 1 + len(case.tags) + assignments + closing + len(people)
