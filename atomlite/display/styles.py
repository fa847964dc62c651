"""The style sheets of HTML output: inline, prefixed, and made for light and dark pages alike.

Colours come from the page (`currentColor`, transparency) but for the bars, which are mid-tones that
stand out on both. JupyterLab aligns every cell of a table to the right, by selectors stronger than
these: hence `!important`.
"""

from __future__ import annotations

__all__ = ["TRACE_STYLE"]

TRACE_STYLE = """<style>
.al-trace{font:13px/1.5 system-ui,sans-serif;color:inherit;max-width:1100px;margin:.3em 0}
.al-trace summary{cursor:pointer}
.al-trace-dim{opacity:.6;font-size:.9em;font-weight:normal}
.al-trace b.al-trace-bad,.al-trace span.al-trace-bad,
.al-trace td.al-trace-bad{color:#d9483b}
.al-trace-row>summary{display:grid;
grid-template-columns:minmax(12em,46%) 1fr 6.5em;gap:.8em;align-items:center;list-style:none;
padding:1px .4em;border-radius:4px}
.al-trace-row>summary::-webkit-details-marker{display:none}
.al-trace-row>summary:hover,.al-trace-row[open]>summary{background:rgba(128,128,128,.14)}
.al-trace-row>summary .al-trace-name::before{content:"▸ ";opacity:.6}
.al-trace-row[open]>summary .al-trace-name::before{content:"▾ "}
.al-trace-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.al-trace-track{position:relative;height:.85em;border-radius:3px;background:rgba(128,128,128,.13)}
.al-trace-track i{position:absolute;top:0;bottom:0;border-radius:3px;min-width:2px}
.al-trace-time{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.al-trace-c0{background:#e09f3e}.al-trace-c1{background:#2a9d8f}.al-trace-c2{background:#4c8bf5}
.al-trace-c3{background:#9b6dd6}.al-trace-c4{background:#7a9a3a}.al-trace-c5{background:#8a93a0}
.al-trace-row.al-trace-bad .al-trace-track i{background:#d9483b}
.al-trace-row.al-trace-bad .al-trace-time{color:#d9483b}
.al-trace table{border-collapse:collapse;margin:.2em 0 .5em 1.5em!important;font-size:.92em;
table-layout:auto!important;background:transparent;color:inherit}
.al-trace-row>table{display:block;overflow-x:auto}
.al-trace tr,.al-trace th,.al-trace td{background:transparent;color:inherit;border:0;
padding:1px .9em 1px 0!important;text-align:left!important;vertical-align:top!important}
.al-trace th{font-weight:normal;opacity:.65;white-space:nowrap}
.al-trace pre{margin:0;padding:0;font:12px/1.45 ui-monospace,monospace;white-space:pre-wrap;
overflow-wrap:anywhere;background:transparent;color:inherit;border:0}
.al-trace pre.al-trace-lines{white-space:pre!important}
.al-trace td.al-trace-num{text-align:right!important;font-variant-numeric:tabular-nums}
.al-trace p{margin:.3em .4em}
</style>"""
