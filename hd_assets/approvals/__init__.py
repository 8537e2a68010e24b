"""Who agreed to what, when, and to which digest; and what waits for it."""

from hd_assets.approvals.book import Approval, approvals, approve
from hd_assets.approvals.documents import DOCUMENTS, approve_document
from hd_assets.approvals.guards import (
    KINDS,
    Standing,
    approve_cutover,
    approve_phase,
    require_approvals,
    require_confirmed_mapping,
    require_extraction_approvals,
    standings,
)

__all__ = [
    "DOCUMENTS",
    "KINDS",
    "Approval",
    "Standing",
    "approvals",
    "approve",
    "approve_cutover",
    "approve_document",
    "approve_phase",
    "require_approvals",
    "require_confirmed_mapping",
    "require_extraction_approvals",
    "standings",
]
