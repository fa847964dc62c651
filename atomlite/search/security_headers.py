"""Headers that tell browsers what they may do with an endpoint.

>>> Hsts().pairs(None)
[('Strict-Transport-Security', 'max-age=31536000 ;')]
>>> Csp(default_src="self", img_src="*").pairs(None)
[('Content-Security-Policy', "default-src 'self'; img-src *")]
>>> CacheControl(no_store=True, max_age=5).pairs(None)
[('Cache-Control', 'no-store, max-age=5')]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from atomlite.errors import AtomliteError, InvalidEndpoint, did_you_mean, names_listed
from atomlite.http.headers import check_header
from atomlite.search.mistakes import described

Pairs = list[tuple[str, str]]

_KEYWORDS = frozenset(
    {
        *("none", "report-sample", "self", "strict-dynamic", "unsafe-eval", "unsafe-hashes"),
        *("unsafe-inline", "wasm-unsafe-eval"),
    }
)
_DIRECTIVES = (
    *("base_uri", "child_src", "connect_src", "default_src", "font_src", "form_action"),
    *("frame_ancestors", "frame_src", "img_src", "manifest_src", "media_src", "object_src"),
    *("report_to", "report_uri", "sandbox", "script_src", "script_src_attr", "script_src_elem"),
    *("style_src", "style_src_attr", "style_src_elem", "trusted_types"),
    *("require_trusted_types_for", "upgrade_insecure_requests", "worker_src"),
)


class SecurityHeader(Protocol):
    """One of the classes below."""

    def pairs(self, origin: str | None, /) -> Pairs:
        """Return the headers of an answer to a page of this origin; ``None`` when unknown."""


@dataclass(frozen=True, slots=True)
class Hsts:
    """Strict-Transport-Security: browsers come back by HTTPS only.

    Args:
        max_age: Seconds for which they remember it, 0 or more. Default: a year.
        include_sub_domains: Whether it holds for all names below this host.
    """

    max_age: int = 31_536_000
    include_sub_domains: bool = False

    def __post_init__(self) -> None:
        """Refuse an age that is none."""
        _check_age("Hsts", self.max_age)

    def pairs(self, _origin: str | None, /) -> Pairs:
        """Return the header."""
        more = " includeSubDomains" if self.include_sub_domains else ""
        return [("Strict-Transport-Security", f"max-age={self.max_age} ;{more}")]


@dataclass(frozen=True, slots=True)
class Cors:
    """Cross-origin sharing: pages of which origins may read the answers.

    Args:
        origin: One origin such as ``"https://example.com"``, which every answer then names;
            several, of which an answer names the one that asks; or ``"*"``.
        credentials: Whether pages may send cookies and ``Authorization``. With several origins,
            answers that the server gives before it asks the endpoint (404, 413, 503) do not allow
            it, so a page cannot read those.
        max_age: Seconds for which a browser remembers a preflight.
        methods: Named in ordinary answers; a preflight names those that the endpoint serves.
        headers: Request headers that pages may send besides those that the endpoint reads.
        expose_headers: Answer headers that pages may read.

    Raises:
        InvalidEndpoint: Credentials together with ``"*"``, which browsers refuse.
    """

    origin: str | Sequence[str]
    credentials: bool = False
    max_age: int = 5
    methods: Sequence[str] = ()
    headers: Sequence[str] = ()
    expose_headers: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what browsers refuse."""
        _check_age("Cors", self.max_age)
        if not self.origins or not all(self.origins):
            raise InvalidEndpoint(
                f"Cors: origin is {self.origin!r}.", hint="Name one origin or more."
            )
        if self.credentials and "*" in self.origins:
            raise InvalidEndpoint(
                'Cors: credentials do not go with origin "*"; browsers refuse both together.',
                hint="Name the origins, or leave credentials out.",
            )
        if "*" in self.origins and len(self.origins) > 1:
            raise InvalidEndpoint('Cors: "*" stands for all origins.', hint="Leave the others out.")

    @property
    def origins(self) -> tuple[str, ...]:
        """All origins allowed."""
        return (self.origin,) if isinstance(self.origin, str) else tuple(self.origin)

    def pairs(self, origin: str | None, /) -> Pairs:
        """Return the headers for an ordinary answer."""
        pairs = self._who(origin)
        for name, values in (("Methods", self.methods), ("Headers", self.headers)):
            if values:
                pairs.append((f"Access-Control-Allow-{name}", ", ".join(values)))
        return pairs

    def preflight(self, origin: str | None, /) -> Pairs:
        """Return the headers for a preflight, besides those of methods and headers."""
        return self._who(origin)

    def _who(self, origin: str | None) -> Pairs:
        pairs: Pairs = []
        several = len(self.origins) > 1
        named = origin if several else self.origins[0]
        if named in self.origins:
            pairs.append(("Access-Control-Allow-Origin", named))
            if self.credentials:
                pairs.append(("Access-Control-Allow-Credentials", "true"))
        if several:
            pairs.append(("Vary", "Origin"))
        pairs.append(("Access-Control-Max-Age", str(self.max_age)))
        if self.expose_headers:
            pairs.append(("Access-Control-Expose-Headers", ", ".join(self.expose_headers)))
        return pairs


class Csp:
    """Content-Security-Policy: what a page made of this answer may load.

    Args:
        directives: By name with underscores, such as ``default_src="self"``; keywords such as
            ``self`` get their quotes. Several sources are separated by blanks.

    Raises:
        InvalidEndpoint: A directive that browsers do not know, or two in one.
    """

    __slots__ = ("_text", "directives")

    def __init__(self, **directives: str) -> None:
        for name, value in directives.items():
            if name not in _DIRECTIVES:
                raise InvalidEndpoint(
                    f'Csp has no directive "{name}". '
                    f"Directives: {names_listed(_DIRECTIVES, limit=30)}.",
                    hint=did_you_mean(name, _DIRECTIVES),
                )
            if ";" in value or "," in value:
                raise InvalidEndpoint(
                    f"Csp: {name} is {value!r}.",
                    hint="Separate sources by blanks, and give each directive by its own name.",
                )
        self.directives = dict(directives)
        parts = [
            f"{name.replace('_', '-')} {_quoted(value)}".strip()
            for name, value in directives.items()
        ]
        self._text = "; ".join(parts)

    def pairs(self, _origin: str | None, /) -> Pairs:
        """Return the header; none without directives."""
        return [("Content-Security-Policy", self._text)] if self._text else []

    def __repr__(self) -> str:
        """Return the constructor call."""
        return f"Csp({', '.join(f'{name}={value!r}' for name, value in self.directives.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheControl:
    """Cache-Control: who may keep answers, and for how long. Default of an endpoint: not at all.

    Args:
        immutable: Answers never change.
        max_age: Seconds for which a browser may use an answer without asking.
        s_maxage: The same for caches that several users share.
        stale_while_revalidate: Seconds for which an old answer may be used while a new one comes.
        stale_if_error: Seconds for which an old answer may stand for an error.
        must_revalidate: An old answer may not be used.
        no_cache: Ask each time whether the answer still holds.
        no_store: Keep nothing.
        no_transform: Change nothing.
        private: For the browser alone.
        public: For shared caches too.
    """

    immutable: bool = False
    max_age: int | None = None
    s_maxage: int | None = None
    stale_while_revalidate: int | None = None
    stale_if_error: int | None = None
    must_revalidate: bool = False
    no_cache: bool = False
    no_store: bool = False
    no_transform: bool = False
    private: bool = False
    public: bool = False

    def __post_init__(self) -> None:
        """Refuse ages that are none."""
        for age in (self.max_age, self.s_maxage, self.stale_while_revalidate, self.stale_if_error):
            if age is not None:
                _check_age("CacheControl", age)

    def pairs(self, _origin: str | None, /) -> Pairs:
        """Return the header; none when nothing is said."""
        flags = (
            *("immutable", "must_revalidate", "no_cache", "no_store", "no_transform"),
            *("private", "public"),
        )
        ages = ("max_age", "s_maxage", "stale_while_revalidate", "stale_if_error")
        parts = [flag.replace("_", "-") for flag in flags if getattr(self, flag)]
        for name in ages:
            age = getattr(self, name)
            if age is not None:
                parts.append(f"{name.replace('_', '-')}={age}")
        return [("Cache-Control", ", ".join(parts))] if parts else []


class SecurityHeaders:
    """All security headers of one endpoint.

    Args:
        given: What the user configured.

    Raises:
        InvalidEndpoint: Something else than the classes above, or a header that cannot be sent.
    """

    __slots__ = ("_cors", "_given")

    def __init__(self, given: Sequence[SecurityHeader]) -> None:
        known = (Hsts, Cors, Csp, CacheControl)
        entries: object = given
        if isinstance(entries, str) or not isinstance(entries, Sequence):
            raise InvalidEndpoint(
                f"security_headers is {described(entries)}.",
                hint="It must be a list: security_headers=[Hsts()].",
            )
        self._given = tuple(given)
        for each in self._given:
            if not isinstance(each, known):
                raise InvalidEndpoint(
                    f"security_headers has {described(each)}.",
                    hint=f"Use {', '.join(kind.__name__ for kind in known)}.",
                )
            if [type(other) for other in self._given].count(type(each)) > 1:
                raise InvalidEndpoint(f"security_headers has two of {type(each).__name__}.")
        self._cors = next((each for each in self._given if isinstance(each, Cors)), None)
        try:
            for name, value in self.headers(None):
                check_header(name, value)
        except AtomliteError as error:
            raise InvalidEndpoint(f"security_headers: {error.message}", hint=error.hint) from None

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may use the endpoint."""
        return () if self._cors is None else self._cors.origins

    def headers(self, origin: str | None) -> Pairs:
        """Return the headers of an ordinary answer."""
        return [pair for each in self._given for pair in each.pairs(origin)]

    def preflight(self, origin: str | None) -> Pairs:
        """Return the headers of a preflight, but for methods and request headers."""
        return [
            pair
            for each in self._given
            for pair in (each.preflight(origin) if isinstance(each, Cors) else each.pairs(origin))
        ]

    @property
    def request_headers(self) -> tuple[str, ...]:
        """Request headers that pages may send, as configured."""
        return () if self._cors is None else tuple(self._cors.headers)


def _quoted(value: str) -> str:
    quoted = [f"'{part}'" if part in _KEYWORDS else part for part in value.split()]
    return " ".join(quoted)


def _check_age(what: str, age: object) -> None:
    if not isinstance(age, int) or isinstance(age, bool) or age < 0:
        raise InvalidEndpoint(f"{what}: an age is {age!r}.", hint="It must be seconds, 0 or more.")
