"""The pace in figures: `python -m hd_assets_tests.publish.pace_report [MINUTES]` prints a table (virtual time)."""

import sys
from itertools import product

from hd_assets_tests.publish.pace import Case, simulate

WORKERS = (1, 16, 32)
LATENCIES = ((0.004, 0.006), (0.05, 0.15), (0.3, 0.5))
SKEWS = (-5.0, 0.0, 5.0)
OTHERS = {"none": {}, "30 %": {"others": 0.3}, "bursts": {"bursts": (0.15, 0.25, 0.0, 0.5)}}
LIMITS = (1_000, 10_000)


def main(minutes: float) -> int:
    """Exit code 1 when a figure misses its mark: 429 at most 1 %, use at least 97 %, nothing before a reset."""
    print(f"{minutes:g} minutes of virtual time each, head-room 20 %; worst of clock skew {SKEWS} s")
    print("used: of limit less head-room; in windows where it does not bind, of what the workers can do beside others")
    print(
        "| limit/min | other client | workers | latency ms | limit binds | 429 | used | fullest window | before reset |"
    )
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    missed, sent = 0, 0
    for limit, (name, others), workers, latency in product(LIMITS, OTHERS.items(), WORKERS, LATENCIES):
        told = [
            simulate(Case(minutes=minutes, per_minute=limit, workers=workers, latency=latency, skew=skew, **others))
            for skew in SKEWS
        ]
        throttled, used = max(one.throttled_share for one in told), min(one.used_share for one in told)
        fullest, early = max(one.fullest for one in told), sum(one.early for one in told)
        binds = min(one.limited_share for one in told)
        sent += sum(one.answers for one in told)
        missed += throttled > 0.01 or used < 0.97 or early > 0
        case = f"{limit} | {name} | {workers} | {latency[0] * 1000:.0f} to {latency[1] * 1000:.0f}"
        print(f"| {case} | {binds:.0%} | {throttled:.2%} | {used:.1%} | {fullest:.1%} | {early} |", flush=True)
    print(f"{sent} requests; {missed} of {len(LIMITS) * len(OTHERS) * len(WORKERS) * len(LATENCIES)} lines missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
