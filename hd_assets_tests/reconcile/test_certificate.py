"""The certificate says what was compared and cannot be changed unnoticed."""

import json

from hd_assets.partitions import EVERYTHING
from hd_assets.reconcile.certificate import certificate, is_intact
from hd_assets.reconcile.compare import reconcile
from hd_assets_tests.reconcile.world import conversation


def certify(world):
    with world.context() as context:
        return certificate(context, reconcile(context, EVERYTHING), EVERYTHING, "2024-02-01-a")


def test_a_faithful_migration_is_certified_with_its_figures(world):
    made = certify(world)
    document = json.loads(made.json_path.read_text("utf-8"))
    assert made.json_path == world.stores.deliverables / "2024-02-01-a" / "certificate.json"
    figures = document["figures"]["conversations"]
    assert figures["extracted"] == figures["staged"] + figures["merged"] == 2
    assert (figures["created"], figures["compared"], figures["differing"]) == (1, 1, 0)
    assert document["workspace_id"] == world.simulator.workspace_id
    assert document["mapping_digest"] == world.migration.digest
    assert len(document["ledger_id"]) == 32
    assert is_intact(document)


def test_a_changed_certificate_is_not_intact(world):
    made = certify(world)
    assert not is_intact(made.document | {"differing": 0, "compared": 1})


def test_a_difference_denies_the_verdict_and_gives_the_reason(world):
    world.stage(conversation("1", title="Gate"))
    made = certify(world)
    assert made.verdict == "differences"
    assert made.document["reasons"][0] == "2 of 19 records differ, 0 of them are missing"
    assert "There are differences." in made.markdown_path.read_text("utf-8")


def test_operations_that_have_not_taken_effect_deny_the_verdict(world):
    world.book(("reply", "parts", "depot-entry-4"), state="planned")
    reasons = certify(world).document["reasons"]
    assert "1 planned operations have not taken effect" in reasons


def test_both_documents_are_replaced_whole_and_leave_nothing_beside_them(world):
    certify(world)
    made = certify(world)
    assert sorted(path.name for path in made.json_path.parent.iterdir()) == ["certificate.json", "certificate.md"]
    assert made.sha256 in made.markdown_path.read_text("utf-8")


def test_the_markdown_says_what_the_ledger_vouches_for(world):
    assert "newest 500 parts" in certify(world).markdown_path.read_text("utf-8")
