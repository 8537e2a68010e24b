"""Publishing without Dagster, in a process of its own: `python -m hd_assets_tests.acceptance.light MIGRATION`.

The same entry points, in the same order, that the publish job calls; it starts in a fraction of the time, so that
hundreds of processes can be killed. Ends with 0 only when nothing is left to do.
"""

import os
import signal
import sys
import threading

from hd_assets.errors import HdError
from hd_assets.mapping import load
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import open_context
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import plan
from hd_assets.publish.records import publish_articles, publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace
from hd_assets.settings import Settings

TARGET = "simulator"
LEFT = (
    "select object, state, count(*) from operations where state not in ('applied', 'conflict', 'skipped') group by 1, 2"
)


def main(name: str) -> int:
    settings, stop = Settings.from_environment(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    migration = load(settings.mappings, name)
    with open_context(settings, migration, TARGET, environment=os.environ, stop=stop) as context:
        plan(context, EVERYTHING)
        for step in (publish_workspace, publish_companies, publish_contacts, publish_articles):
            step(context)
        publish_conversations(context, EVERYTHING)
        left = context.books.rows(LEFT)
    for object, state, count in left:
        print(f"{count} {object} {state}", file=sys.stderr)
    return int(bool(left))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except HdError as fault:
        print(f"error: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
