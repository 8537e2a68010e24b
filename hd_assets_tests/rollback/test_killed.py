"""A rollback that is cut off before or after each of its requests goes on by itself."""

import pytest

from hd_assets_tests.publish.desk import rows
from hd_assets_tests.rollback.world import Killer, content, ledger_rows, undo, world

STAGED = rows(3)


@pytest.fixture
def sent(tmp_path):
    """A sent migration, the workspace before it, and ledger and workspace to go back to after each cut."""
    made = world(tmp_path, STAGED)
    made.write_mapping(made.mapping.replace("workers: 4", "workers: 1"))
    before = content(made)
    made.publish()
    ledger = made.stores.ledger("simulator")
    files = {file: file.read_bytes() for file in ledger.parent.glob("ledger.sqlite*")}
    image = made.simulator.snapshot()

    def again():
        for file in ledger.parent.glob("ledger.sqlite*"):
            file.unlink()
        for file, stored in files.items():
            file.write_bytes(stored)
        made.simulator.restore(image)
        return made

    yield before, again
    made.simulator.close()


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("step", [pytest.param(1, marks=[pytest.mark.campaign, pytest.mark.timeout(1800)]), 9])
def test_cut_off_at_every_request_it_ends_as_if_it_had_not_been(sent, phase, step):
    before, again = sent
    at = 0
    while True:
        made = again()
        killed = Killer(made, at, phase).run(lambda made=made: undo(made))
        if not killed:
            break
        report = undo(made)
        assert (at, content(made)) == (at, before)
        assert report.complete
        assert report.kept == []
        assert (
            ledger_rows(made, "select * from identities where origin = 'created' and kind in ('contact', 'tag')") == []
        )
        at += step
    assert at > 50
