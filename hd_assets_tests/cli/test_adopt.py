"""`hd-assets adopt`: says what it found, and only with --execute does the rebuilt ledger lead the workspace."""

import re

from hd_assets.publish.ledger_file import Hold
from hd_assets_tests.cli.desk import one_screen


def path(hd):
    return hd.store / "simulator" / "ledger.sqlite"


def lose(hd):
    for file in path(hd).parent.glob("ledger.sqlite*"):
        file.unlink()


def figures(answer):
    """Object → (found, missing, unclear, not staged)."""
    rows = re.findall(r"^(\w+) +(\d+) +(\d+) +(\d+) +(\d+)$", answer.out, re.MULTILINE)
    return {name: tuple(map(int, numbers)) for name, *numbers in rows}


def test_without_execute_it_tells_what_it_finds_and_changes_nothing(hd):
    lose(hd)
    before = hd.writes
    told = hd("adopt", "osticket")
    assert told.code == 0, told.text
    assert "nothing was changed; --execute keeps this ledger" in told.out
    found = figures(told)
    assert found["conversations"][0] > 0
    assert all(missing == unclear == strange == 0 for _, missing, unclear, strange in found.values())
    assert (hd.writes, path(hd).exists()) == (before, False)


def test_with_execute_a_lost_ledger_is_back_and_nothing_is_left_to_send(hd):
    lose(hd)
    told = hd("adopt", "osticket", "--execute")
    assert told.code == 0, told.text
    assert "the rebuilt ledger leads the workspace now" in told.out
    assert "plan: nothing to send" in hd("plan", "osticket").out


def test_an_old_ledger_is_kept_beside_the_new_one(hd):
    assert hd("adopt", "osticket", "--execute").code == 0
    assert list(path(hd).parent.glob("ledger.before-adopt-*.sqlite"))


def test_without_staged_data_it_is_blocked(bare):
    told = bare("adopt", "osticket")
    assert told.code == 3, told.text
    assert "--until stage" in one_screen(told)


def test_while_somebody_publishes_it_is_blocked(hd):
    hold = Hold(path(hd))
    try:
        told = hd("adopt", "osticket", "--execute")
    finally:
        hold.close()
    assert told.code == 3, told.text
    assert "is publishing" in one_screen(told)


def test_a_target_that_is_not_there_or_not_declared_is_told(hd, patient):
    gone = hd("adopt", "osticket", HD_SIMULATOR_URL="http://127.0.0.1:9")
    assert gone.code == 4, gone.text
    one_screen(gone)
    assert hd("adopt", "nonesuch").code == 2
