"""The steps of a run in the order of the asset graph, as a user's rerun takes them."""

from collections.abc import Callable

from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import PublishContext
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import plan
from hd_assets.publish.records import publish_articles, publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace

Steps = tuple[tuple[str, Callable[[PublishContext], object]], ...]
STEPS: Steps = (
    ("plan", lambda context: plan(context, EVERYTHING)),
    ("workspace", publish_workspace),
    ("companies", publish_companies),
    ("contacts", publish_contacts),
    ("articles", publish_articles),
    ("conversations", lambda context: publish_conversations(context, EVERYTHING)),
)
# what is left when the first steps ended well and the failed run is executed again from there
FROM_RECORDS: Steps = STEPS[2:]
