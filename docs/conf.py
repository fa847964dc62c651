"""How Sphinx builds the documentation; ``make docs`` runs it."""

from __future__ import annotations

from importlib.metadata import version as version_of

project = "atomlite"
author = "the atomlite authors"
copyright = author  # noqa: A001 -- Sphinx reads this name
release = version = version_of("atomlite")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"atomlite {version}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
default_role = "code"  # `name` in a docstring is code, as in Markdown.

# Copying an example leaves out its prompts and its output.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
