"""How the inbox page looks, in light and dark."""

STYLE = """
:root { color-scheme: light dark; --back:#f6f7f9; --card:#fff; --text:#1c1f26; --soft:#667085; --line:#e3e6ec;
 --accent:#2f5cf0; --mine:#eaf0ff; --note:#fff4c2; --noteline:#e8ce62; --open:#0f7a4a; --closed:#667085;
 --snoozed:#9a5b00; }
@media (prefers-color-scheme: dark) { :root { --back:#14161b; --card:#1d2027; --text:#e8eaf0; --soft:#98a1b3;
 --line:#2e333d; --accent:#8caaff; --mine:#22304f; --note:#3d3512; --noteline:#6e5f1d; --open:#4cc38a; --closed:#98a1b3;
 --snoozed:#e0a458; } }
* { box-sizing:border-box } body { margin:0 auto; padding:24px 20px 60px; max-width:1180px; background:var(--back);
 color:var(--text); font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif; }
a { color:var(--accent) } h1 { font-size:22px; margin:0; overflow-wrap:anywhere } h2 { font-size:12px; margin:0 0 6px;
 color:var(--soft); text-transform:uppercase; letter-spacing:.05em }
header { display:flex; flex-wrap:wrap; gap:12px 18px; align-items:center; margin-bottom:10px }
header form { display:flex; gap:8px; margin-left:auto } .back { text-decoration:none }
input,select,button { font:inherit; padding:7px 11px; border:1px solid var(--line); border-radius:8px;
 background:var(--card); color:var(--text) } input { width:290px; max-width:50vw } button { cursor:pointer }
.muted,.when,.event,.label { color:var(--soft) } .empty { padding:40px; text-align:center; color:var(--soft) }
.list { background:var(--card); border:1px solid var(--line); border-radius:12px; overflow:hidden }
.row { display:grid; grid-template-columns:minmax(0,1fr) 190px 190px 130px; gap:14px; padding:11px 16px;
 border-bottom:1px solid var(--line); color:inherit; text-decoration:none; align-items:center }
.row:last-child { border:0 } .row:hover { background:var(--mine) } .row > span { overflow:hidden;
 text-overflow:ellipsis; white-space:nowrap } .title { font-weight:600 } .number { color:var(--soft);
 font-weight:400; margin-right:8px }
.marks { text-align:right } .when { text-align:right; font-variant-numeric:tabular-nums; font-size:13px }
.badge { display:inline-block; padding:1px 9px; border-radius:99px; font-size:12px; border:1px solid currentColor }
.badge.open { color:var(--open) } .badge.closed { color:var(--closed) } .badge.snoozed { color:var(--snoozed) }
.badge.ticket { color:var(--accent); margin-right:6px } .pager { display:flex; gap:18px; justify-content:center;
 padding:18px; color:var(--soft) }
.columns { display:grid; grid-template-columns:minmax(0,1fr) 300px; gap:24px; align-items:start; margin-top:18px }
.message { border:1px solid var(--line); background:var(--card); border-radius:12px; padding:12px 16px;
 margin:0 60px 14px 0 }
.message.admin { margin:0 0 14px 60px; background:var(--mine) } .message.note { margin:0 0 14px 60px;
 background:var(--note); border-color:var(--noteline) } .message.opening { border-left:4px solid var(--accent) }
.by { display:flex; gap:8px; align-items:baseline; font-size:13px; margin-bottom:4px } .by time { margin-left:auto;
 color:var(--soft); font-variant-numeric:tabular-nums } .body { overflow-wrap:anywhere } .body p { margin:0 0 8px }
.body p:last-child { margin:0 } .body pre { overflow-x:auto; background:var(--back); padding:8px; border-radius:6px }
.body h1,.body h2 { font-size:16px; text-transform:none; letter-spacing:0; color:inherit } .body img { max-width:100% }
.files { display:flex; flex-wrap:wrap; gap:8px; margin-top:10px } .file { border-radius:8px;
 border:1px solid var(--line); padding:6px 10px; font-size:13px; text-decoration:none; background:var(--card);
 overflow-wrap:anywhere }
.file img { display:block; max-width:220px; max-height:160px; margin-bottom:4px; border-radius:4px }
.event { text-align:center; font-size:13px; margin:0 0 14px } aside section { background:var(--card);
 border:1px solid var(--line); border-radius:12px; padding:12px 16px; margin-bottom:14px } dl { display:grid; margin:0;
 grid-template-columns:minmax(90px,auto) minmax(0,1fr); gap:4px 12px; font-size:14px } dt { color:var(--soft);
 overflow-wrap:anywhere } dd { margin:0; overflow-wrap:anywhere } aside ul { margin:0; padding:0; list-style:none;
 font-size:14px; overflow-wrap:anywhere } .tag { display:inline-block; background:var(--mine); border-radius:6px;
 padding:1px 8px; margin:0 6px 6px 0; font-size:13px }
@media (max-width:820px) { .columns { grid-template-columns:1fr } .row { grid-template-columns:minmax(0,1fr) auto }
 .who,.when { font-size:13px } .message.admin,.message.note { margin-left:20px } .message { margin-right:20px }
 header form { margin:0; width:100% } }
"""
