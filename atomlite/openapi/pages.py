"""The files that ``/docs`` consists of; they lie in ``assets`` beside this module."""

from __future__ import annotations

from collections.abc import Mapping

PAGE = "index.html"
"""The page itself."""

ASSETS: Mapping[str, str] = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "swagger-ui.css": "text/css",
}
"""What the page loads, with the media types."""
