"""Which handler sends which record outside of conversations."""

from __future__ import annotations

from hd_assets.publish.knowledge_handlers import Articles, Redirects
from hd_assets.publish.object_handlers import CustomObjects, ObjectReferences
from hd_assets.publish.people_handlers import Companies, Contacts, Links
from hd_assets.publish.work import Handler


def record_handlers() -> dict[str, Handler]:
    return {
        "company": Companies(),
        "contact": Contacts(),
        "contact_company": Links(),
        "custom_object": CustomObjects(),
        "contact_object": ObjectReferences(),
        "article": Articles(),
        "redirect": Redirects(),
    }
