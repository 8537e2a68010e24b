"""What a look-up compares, as a digest the ledger may keep: texts and people stay out of it."""

from __future__ import annotations

import hashlib
import hmac
import json


def sent_digest(key: str, *values: object) -> str:
    """Keyed digest of values in their order: numbers, texts, or lists of them. `key` is the ledger's `digest_key`.

    Keyed, because a short text or a small number of people could be guessed from a plain digest.
    """
    seed = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key.encode("ascii"), seed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
