"""The gate: source-free rules that staging must keep before anything is planned or sent."""

from hd_assets.checks.base import Check, CheckContext, Verdict
from hd_assets.checks.gate import CHECKS, evaluate, gate

__all__ = ["CHECKS", "Check", "CheckContext", "Verdict", "evaluate", "gate"]
