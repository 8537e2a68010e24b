"""Steps of a migration in a process of their own: `python -m hd_assets_tests.acceptance.child stage|publish|dry`.

The commands of the product run every job from the extraction on; here only the one that is put to the test.
"""

import os
import sys

from hd_assets.cli.run import Course, follow
from hd_assets.errors import HdError
from hd_assets.mapping import load
from hd_assets.partitions import Window, next_month, parse_month
from hd_assets.settings import Settings
from hd_assets_tests.acceptance.pipeline import Migrated

MIGRATION = "osticket"


def main(step: str, *months: str) -> int:
    settings = Settings.from_environment()
    migration = load(settings.mappings, MIGRATION)
    if step == "stage":
        staged = Migrated(settings, migration, dict(os.environ), None, settings.simulator_url)
        staged.extract_and_stage()
        for failed in staged.failed_checks:
            print(failed, file=sys.stderr)
        return len(staged.failed_checks)
    window = Window(parse_month(months[0]), next_month(parse_month(months[-1]))) if months else None
    course = Course(settings, migration, "simulator", window, execute=step == "publish")
    return follow(course, ("publish",), None)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except HdError as fault:
        print(f"error: {fault}", file=sys.stderr)
        sys.exit(fault.exit_code)
