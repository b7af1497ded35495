/** The table's columns. */
export const columns = ["Service", "Status", "Deployment", "Ready replicas", "$/h", "Endpoint", "Last change"] as const;

const columnNames = columns
  .slice(1)
  .map((name, index) => `td:nth-of-type(${index + 1})::before{content:"${name}"}`)
  .join("\n");

/** The style sheet of the status page: light and dark, from 320 px on, and on paper. */
export const statusCss = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1b1f24;--soft:#505a66;--line:#d5dae1;--link:#0b57c2;
--good:#116329;--busy:#7d4e00;--bad:#b3151f;--held:#6031b0;--off:#505a66;
--good-bg:#dcf5e2;--busy-bg:#fff1d0;--bad-bg:#ffe3e3;--held-bg:#eee5ff;--off-bg:#e9ecf0}
@media (prefers-color-scheme:dark){:root{--page:#0f1216;--card:#181c22;--text:#e8ebef;--soft:#a5aeba;--line:#323943;--link:#82b4ff;
--good:#7ce38b;--busy:#f2c14e;--bad:#ff9a97;--held:#cfb3ff;--off:#a5aeba;
--good-bg:#12331d;--busy-bg:#3a2b07;--bad-bg:#47191b;--held-bg:#2e2150;--off-bg:#262c34}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.25rem 1rem 3rem;max-width:76rem;background:var(--page);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word;-webkit-text-size-adjust:100%}
h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.15rem;margin:2rem 0 .75rem}
h3{font-size:1rem;margin:0 0 .5rem;display:flex;flex-wrap:wrap;gap:.35rem .75rem;align-items:center}
small{font-size:.85em;font-weight:400;color:var(--soft)}
p{margin:.5rem 0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
.drawn,.legend,footer{color:var(--soft);font-size:.875rem}
footer{margin-top:2.5rem}
dl,ul{margin:0;padding:0;list-style:none}
dd{margin:0}
.totals{display:grid;grid-template-columns:repeat(auto-fill,minmax(8rem,1fr));gap:.6rem;margin-top:1.25rem}
.totals div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
.totals dt{color:var(--soft);font-size:.8rem}
.totals dd{font-weight:600;font-variant-numeric:tabular-nums}
.statuses{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;margin-top:1rem}
.badge{display:inline-block;padding:.05rem .5rem;border-radius:.75rem;font-size:.85rem;font-weight:500;border:1px solid}
.badge.good{color:var(--good);background:var(--good-bg)}
.badge.busy{color:var(--busy);background:var(--busy-bg)}
.badge.bad{color:var(--bad);background:var(--bad-bg)}
.badge.held{color:var(--held);background:var(--held-bg)}
.badge.off{color:var(--off);background:var(--off-bg)}
article{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--off);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0}
article.busy{border-left-color:var(--busy)}
article.bad{border-left-color:var(--bad)}
article.held{border-left-color:var(--held)}
article dl div{display:grid;grid-template-columns:10rem minmax(0,1fr);gap:0 1rem;padding:.2rem 0}
article dt{color:var(--soft)}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);font-size:.9rem}
th,td{padding:.5rem .65rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:.8rem;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
h1,h3,tbody th,td:nth-of-type(n+5),dd,li{overflow-wrap:anywhere}
td:nth-of-type(2),td:nth-of-type(4){white-space:nowrap}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.names{columns:12rem;column-gap:1.5rem;margin-top:.75rem;font-size:.9rem}
summary{cursor:pointer;padding:.25rem 0}
details{margin-top:1rem}
.due li{padding:.2rem 0}
@media screen and (max-width:56rem){
table,thead,tbody,tr,th,td{display:block}
table{background:none;border:0}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;margin:.75rem 0}
th,td{border:0;padding:.15rem 0}
td{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:0 .75rem;justify-items:start}
td>div{min-width:0;max-width:100%}
td::before{color:var(--soft)}
${columnNames}
tbody th{font-size:1rem;padding-bottom:.3rem}}
@media (max-width:30rem){article dl div{grid-template-columns:1fr;padding:.3rem 0}article dt{font-size:.85rem}td{grid-template-columns:7rem minmax(0,1fr)}}
@media print{body{background:none;padding:0;max-width:none}article,tr,.totals div{break-inside:avoid}a{text-decoration:none;color:inherit}}
`;
