"""Workers, latency, other clients and a limited workspace in virtual time: hours of pacing in seconds, no threads."""

import heapq
import itertools
import random
from collections import Counter, deque
from dataclasses import dataclass, field

from hd_assets.publish import limits
from hd_assets.publish.pacer import Pacer
from hd_assets.simulator.rate import RateLimit
from hd_assets.simulator.rules import Rules

START = 1_760_000_003.7
WINDOW = 10


@dataclass(frozen=True)
class Case:
    """`skew`: the workspace's clock minus ours. `others`: share of the limit another client uses, evenly; `bursts`:
    shares it uses at once, at a random moment of each window in turn. Latencies in seconds, there and back."""

    minutes: float = 5
    per_minute: int = 10_000
    headroom: float = 0.2
    cap: int | None = None
    workers: int = 16
    latency: tuple[float, float] = (0.05, 0.15)
    skew: float = 0.0
    others: float = 0.0
    bursts: tuple[float, ...] = ()
    seed: int = 1


@dataclass
class Outcome:
    """By window of the workspace: what we and all clients used, and how many of our requests were answered by 429."""

    case: Case
    limit: int
    ours: Counter = field(default_factory=Counter)
    everybody: Counter = field(default_factory=Counter)
    throttled: Counter = field(default_factory=Counter)
    early: int = 0

    @property
    def steady(self):
        """Windows after the first two, without the last one, which may be cut."""
        return sorted(self.everybody)[2:-1]

    @property
    def answers(self):
        return sum(self.ours[window] + self.throttled[window] for window in self.steady)

    @property
    def throttled_share(self):
        return sum(self.throttled[window] for window in self.steady) / self.answers

    @property
    def capacity(self):
        """Requests in one window that our workers can do, on average."""
        return self.case.workers * WINDOW / (sum(self.case.latency) / 2)

    @property
    def limited_share(self):
        """Of the windows: where the limit less head-room binds, and not what our workers can do."""
        most = self.limit * (1 - self.case.headroom)
        bound = [self.everybody[window] - self.ours[window] + self.capacity >= most for window in self.steady]
        return sum(bound) / len(bound)

    @property
    def used_share(self):
        """Of limit × (1 − head-room), or of what others use and our workers can do where that is less.

        What exceeds the limit less head-room in one window does not make up for another.
        """
        most, used, possible = self.limit * (1 - self.case.headroom), 0.0, 0.0
        for window in self.steady:
            together = self.everybody[window] - self.ours[window] + self.capacity
            possible += min(most, together)
            used += self.everybody[window] if together < most else min(most, self.everybody[window])
        return used / possible

    @property
    def fullest(self):
        """Share of the limit that all clients used in the fullest window."""
        return max(self.everybody[window] for window in self.steady) / self.limit


class _Publisher:
    """Workers that share one pacer: the first waiting one asks, and again when told to, or after an answer."""

    def __init__(self, world):
        self.world = world
        self.pacer = world.pacer(headroom=world.case.headroom, cap=world.case.cap)
        self.waiting = deque(range(world.case.workers))
        self.look_at = None
        self.refused_until, self.refused_told_at = -1, 0.0

    def look(self):
        world = self.world
        while self.waiting:
            wait = self.pacer.wait(world.now)
            if wait > 0:
                moment = world.now + wait
                if self.look_at is None or moment < self.look_at:
                    self.look_at = moment
                    world.at(moment, lambda moment=moment: self.look_again(moment))
                return
            self.waiting.popleft()
            self.pacer.begin(world.now)
            world.travel(lambda sent_at=world.now: self.arrive(sent_at))

    def look_again(self, moment):
        # an answer may have set an earlier time meanwhile
        if moment == self.look_at:
            self.look_at = None
            self.look()

    def arrive(self, sent_at):
        """At the workspace."""
        world = self.world
        server_time = world.now + world.case.skew
        window = int(server_time // WINDOW)
        if window < self.refused_until and sent_at > self.refused_told_at:
            world.outcome.early += 1
        standing = world.rate.take(server_time)
        (world.outcome.ours if standing.allowed else world.outcome.throttled)[window] += 1
        world.outcome.everybody[window] += standing.allowed
        headers = world.headers(standing, server_time)
        world.travel(lambda: self.answered(sent_at, headers, window, refused=not standing.allowed))

    def answered(self, sent_at, headers, window, *, refused):
        if refused:
            # from now on nothing may be sent that still arrives in this window
            self.refused_until, self.refused_told_at = window + 1, self.world.now
        self.pacer.answer(self.world.now, sent_at, limits.read(headers), refused=refused)
        self.waiting.append(None)
        self.look()


class _World:
    def __init__(self, case, headers, changes, publishers, pacer):
        self.case, self.headers, self.changes, self.pacer = case, headers, changes, pacer
        self.random = random.Random(case.seed)
        self.now = START
        self.rate = RateLimit(Rules(requests_per_minute=case.per_minute))
        self.limit = case.per_minute * WINDOW // 60
        self.outcome = Outcome(case, self.limit)
        self.events, self.numbers = [], itertools.count()
        self.publishers = [_Publisher(self) for _ in range(publishers)]

    def at(self, moment, action):
        heapq.heappush(self.events, (moment, next(self.numbers), action))

    def run(self):
        end = START + self.case.minutes * 60
        self.begin_others()
        for seconds, per_minute in self.changes:
            self.at(START + seconds, lambda per_minute=per_minute: self.change(per_minute))
        for publisher in self.publishers:
            publisher.look()
        while self.events and self.events[0][0] < end:
            self.now, _, action = heapq.heappop(self.events)
            action()
        return self.outcome

    def travel(self, action):
        """One way."""
        self.at(self.now + self.random.uniform(*self.case.latency) / 2, action)

    def change(self, per_minute):
        self.rate = RateLimit(Rules(requests_per_minute=per_minute))

    # others

    def begin_others(self):
        if self.case.others:
            self.at(START, self.one_other)
        if self.case.bursts:
            first = (START + self.case.skew) // WINDOW * WINDOW - self.case.skew
            for number in range(int(self.case.minutes * 60 / WINDOW)):
                moment = first + number * WINDOW + self.random.uniform(0, WINDOW - 0.5)
                share = self.case.bursts[number % len(self.case.bursts)]
                for step in range(int(share * self.limit)):
                    self.at(max(START, moment + step * 0.3 / (share * self.limit)), self.take_other)

    def one_other(self):
        self.take_other()
        self.at(self.now + self.random.uniform(0.5, 1.5) * WINDOW / (self.limit * self.case.others), self.one_other)

    def take_other(self):
        server_time = self.now + self.case.skew
        if self.rate.take(server_time).allowed:
            self.outcome.everybody[int(server_time // WINDOW)] += 1


def documented(standing, _):
    return standing.headers()


def simulate(case, headers=documented, *, changes=(), publishers=1, pacer=Pacer):
    """`headers(standing, server_time)` makes an answer's headers; `changes`: (second, requests per minute)."""
    return _World(case, headers, changes, publishers, pacer).run()
