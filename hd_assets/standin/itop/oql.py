"""The part of OQL that readers use: SELECT, JOIN, WHERE with comparisons, IN, LIKE, BELOW and ISNULL; no ORDER BY."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hd_assets.standin.itop.store import Row, Store

Found = dict[str, Row]
Condition = Callable[[Found], bool]
_TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|-?\d+|[A-Za-z_][\w-]*(?:\.\w+)?|<=|>=|!=|[=<>(),])")
_WORDS = {"SELECT", "FROM", "AS", "JOIN", "ON", "WHERE", "AND", "OR", "IN", "NOT", "LIKE", "BELOW", "ISNULL"}


class OqlError(Exception):
    """The text is what the server says."""


@dataclass
class Query:
    """What a text asks for: the class that is returned and the rows found."""

    name: str
    rows: list[Row] = field(default_factory=list)


def run(text: str, store: Store) -> Query:
    return _Parser(text, store).query(to_the_end=True)


class _Parser:
    def __init__(self, text: str, store: Store) -> None:
        self._text, self._store = text, store
        self._tokens: list[tuple[str, int]] = []
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if not match:
                raise self._syntax(text[place:].strip()[0], place)
            self._tokens.append((match[1], match.start(1)))
            place = match.end()
        self._at = 0
        self._classes: dict[str, str] = {}

    def query(self, *, to_the_end: bool = False) -> Query:
        self._expect("SELECT")
        name = self._name()
        wanted = None
        if self._take("FROM"):
            wanted, name = name, self._name()
        self._known(name)
        alias = self._alias(name)
        found: list[Found] = [{alias: row} for row in self._store.rows(name)]
        self._classes = {alias: name}
        while self._take("JOIN"):
            found = self._join(found)
        if self._take("WHERE"):
            condition = self._either()
            found = [row for row in found if condition(row)]
        if to_the_end and self._at < len(self._tokens):
            raise self._unexpected()
        wanted = wanted or alias
        if wanted not in self._classes:
            raise self._syntax(wanted, 0)
        rows = {(row[wanted].name, row[wanted].id): row[wanted] for row in found}
        return Query(self._classes[wanted], list(rows.values()))

    def _join(self, found: list[Found]) -> list[Found]:
        name = self._name()
        self._known(name)
        alias = self._alias(name)
        self._classes[alias] = name
        self._expect("ON")
        under = self._peek().partition(".")[0]
        left = self._column()
        below = bool(self._take("BELOW"))
        if not below:
            self._expect("=")
        right = self._column()
        joined = [{**row, alias: other} for row in found for other in self._store.rows(name)]
        if below:  # the tree is that of the row itself, whose root counts as below itself
            return [row for row in joined if self._is_below(row[under].id, right(row))]
        return [row for row in joined if _same(left(row), right(row))]

    def _is_below(self, id: Any, root: Any) -> bool:
        """Whether an organization is another one or lies under it; the tree is that of `parent_id`."""
        seen: set[str] = set()
        organizations = {str(row.id): row for row in self._store.rows("Organization")}
        while str(id) in organizations and str(id) not in seen:
            if _same(id, root):
                return True
            seen.add(str(id))
            id = organizations[str(id)].fields.get("parent_id")
        return False

    # Conditions

    def _either(self) -> Condition:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return lambda row: any(part(row) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Condition:
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        if self._take("ISNULL"):
            self._expect("(")
            column = self._column()
            self._expect(")")
            return lambda row: column(row) in (None, "")
        left = self._operand()
        if self._take("NOT"):
            self._expect("IN")
            values = self._set()
            return lambda row: str(left(row)) not in values
        if self._take("IN"):
            values = self._set()
            return lambda row: str(left(row)) in values
        if self._take("LIKE"):
            pattern = re.escape(str(self._operand()({}))).replace("%", ".*").replace("_", ".")
            return lambda row: re.fullmatch(pattern, str(left(row) or ""), re.IGNORECASE | re.DOTALL) is not None
        sign = self._next()
        if sign not in _SIGNS:
            self._at -= 1
            raise self._unexpected()
        right = self._operand()
        return lambda row: _compare(sign, left(row), right(row))

    def _set(self) -> set[str]:
        self._expect("(")
        if self._peek() == "SELECT":
            inner = _Parser("", self._store)
            inner._text, inner._tokens, inner._at = self._text, self._tokens, self._at
            values = {str(row.id) for row in inner.query().rows}
            self._at = inner._at
        else:
            values = {str(self._operand()({}))}
            while self._take(","):
                values.add(str(self._operand()({})))
        self._expect(")")
        return values

    def _operand(self) -> Callable[[Found], Any]:
        token = self._peek()
        if token[:1] in "'\"" and token:
            self._at += 1
            text = re.sub(r"\\(.)", r"\1", token[1:-1])
            return lambda _: text
        if re.fullmatch(r"-?\d+", token):
            self._at += 1
            return lambda _: int(token)
        return self._column()

    def _column(self) -> Callable[[Found], Any]:
        place = self._tokens[self._at][1] if self._at < len(self._tokens) else len(self._text)
        token = self._name()
        alias, _, code = token.rpartition(".")
        alias = alias or next(iter(self._classes))
        if alias not in self._classes:
            raise self._syntax(token, place)
        codes = filter_codes(self._store, self._classes[alias])
        if code not in codes:
            raise self._failed(
                "OqlNormalizeException", f"Unknown filter code - found '{code}' at {place}", expecting=codes
            )
        return lambda row: row[alias].value(code)

    # Tokens

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        token = self._tokens[self._at][0]
        return token.upper() if token.upper() in _WORDS else token

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, token: str) -> bool:
        found = self._peek() == token
        self._at += found
        return found

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._unexpected()

    def _name(self) -> str:
        token = self._peek()
        if not re.fullmatch(r"[A-Za-z_][\w-]*(\.\w+)?", token) or token in _WORDS:
            raise self._unexpected()
        self._at += 1
        return token

    def _alias(self, name: str) -> str:
        return self._name() if self._take("AS") else name

    def _known(self, name: str) -> None:
        classes = self._store.classes()
        parents = set(self._store.parents.values())
        if name not in classes and name not in parents:
            what = f"Unknown class - found '{name}' at {self._text.find(name)}"
            raise self._failed("UnknownClassOqlException", what, expecting=list(classes))

    # Errors

    def _unexpected(self) -> OqlError:
        token, place = self._tokens[self._at] if self._at < len(self._tokens) else ("", len(self._text))
        return self._syntax(token, place)

    def _syntax(self, token: str, place: int) -> OqlError:
        what = f"Unexpected token NAME - found '{token}' at {place}"
        return self._failed("OQLParserSyntaxErrorException", what)

    def _failed(self, exception: str, what: str, expecting: list[str] | None = None) -> OqlError:
        known = f", expecting {{{', '.join(expecting)}}}, I would suggest to use ''" if expecting else ""
        return OqlError(
            f"Query failed to execute: query = {self._text}, exception_class = {exception},"
            f" exception_message = {what} in '{self._text}'{known}"
        )


def filter_codes(store: Store, name: str) -> list[str]:
    """What may stand in a condition: every attribute but link sets and documents, and the id."""
    hidden = {
        code
        for row in store.rows(name)
        for code, value in row.fields.items()
        if code.endswith("_list") or (isinstance(value, dict) and "data" in value)
    }
    return [*(code for code in store.attributes(name) if code not in hidden), "id"]


_SIGNS = {"=", "!=", "<", "<=", ">", ">="}


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign == "=":
        return _same(left, right)
    if sign == "!=":
        return not _same(left, right)
    if left in (None, "") or right in (None, ""):
        return False  # an empty date is NULL in the database: no comparison finds it
    one, other = _pair(left, right)
    return bool({"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign])


def _same(left: Any, right: Any) -> bool:
    if left in (None, "") or right in (None, ""):
        return False
    one, other = _pair(left, right)
    return bool(one == other)


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    try:
        return float(left), float(right)
    except (TypeError, ValueError):
        return str(left).casefold(), str(right).casefold()
