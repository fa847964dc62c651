"""Addresses to click on."""

from __future__ import annotations

from html import escape


class WebLink(str):
    """A URL that a notebook shows as a link.

    >>> WebLink("http://127.0.0.1:80/")._repr_html_()
    '<a href="http://127.0.0.1:80/" target="_blank" rel="noopener">http://127.0.0.1:80/</a>'
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        shown = escape(self)
        return f'<a href="{shown}" target="_blank" rel="noopener">{shown}</a>'
