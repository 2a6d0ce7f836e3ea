"""How the page looks, on a screen and on paper."""

CSS = """
:root{--ink:#1d2733;--soft:#52606d;--line:#dfe5ea;--paper:#fff;--ground:#f4f6f8;--main:#14596a;--good:#0b6b4f;
  --warn:#8a4b00;--bad:#a51d1d}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:4rem}
body{margin:0;overflow-x:clip;background:var(--ground);color:var(--ink);
  font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif}
a{color:var(--main)}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem 1rem;z-index:9}
.wrap{max-width:1240px;margin:0 auto;padding:0 1.5rem}
.top{background:linear-gradient(135deg,#0c3b47,#14596a 60%,#1c6e7d);color:#fff;margin:0 -100vw;
  padding:2.4rem 100vw 4.6rem}
.brand{margin:0;font-weight:650;letter-spacing:.16em;text-transform:uppercase;font-size:.78rem;color:#bfe3ea}
h1{margin:.2rem 0 .4rem;font-size:2rem;line-height:1.2;font-weight:650;letter-spacing:-.01em}
.ids{margin:0 0 .7rem;color:#d9eef2}.state{margin:0}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:1px;margin:1.6rem 0 -6.8rem;background:var(--line);
  border:1px solid var(--line);border-radius:12px;overflow:hidden;box-shadow:0 6px 24px rgba(12,59,71,.14)}
.tiles>div{background:#fff;padding:1.1rem 1.2rem}
.tiles dt{color:var(--soft);font-size:.82rem}
.tiles dd{margin:.15rem 0 0;color:var(--ink);font-size:1.65rem;line-height:1.25;font-weight:650;
  font-variant-numeric:tabular-nums;letter-spacing:-.01em}
nav{position:sticky;top:0;z-index:5;margin:3.6rem 0 1.4rem;background:rgba(244,246,248,.96);
  border-bottom:1px solid var(--line)}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.35rem;list-style:none;margin:0;padding:.8rem 0}
nav a{color:var(--soft);text-decoration:none;font-size:.9rem}nav a:hover,nav a:focus{color:var(--main);
  text-decoration:underline}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.6rem 1.8rem 1.8rem;
  margin:0 0 1.4rem}
h2{margin:0;font-size:1.3rem;font-weight:650;letter-spacing:-.01em}
h3{margin:0 0 .4rem;font-size:1.05rem;font-weight:650}
.lead{margin:.25rem 0 1.2rem;color:var(--soft);max-width:78ch}
.grid{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.6rem 2.4rem;align-items:start}
figure{margin:0 0 .6rem;min-width:0}figure.wide{max-width:640px;margin-bottom:1.4rem}
.chart{display:block;width:100%;height:auto;font-family:inherit}
.share{width:150px;height:12px;display:block;border-radius:2px;margin-top:.36rem}
figcaption{color:var(--soft);font-size:.9rem;margin-bottom:.5rem}
figcaption b{color:var(--ink)}
img{max-width:100%;height:auto;display:block}
.scroll{overflow-x:auto}
.plan{margin:0 -1.2rem}.plan svg{display:block;min-width:1180px;width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.4rem 0 1rem}
caption{text-align:left;font-weight:650;padding:.2rem 0 .4rem}
th{text-align:left;color:var(--soft);font-weight:550;font-size:.82rem;border-bottom:1px solid #c4ced6;
  padding:.3rem .7rem .3rem 0;vertical-align:bottom}
td{border-bottom:1px solid #edf1f4;padding:.38rem .7rem .38rem 0;vertical-align:top}
tr:last-child td{border-bottom:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:1.1rem}
.badge{display:inline-block;border-radius:99px;padding:.08rem .6rem;font-size:.8rem;font-weight:550;
  background:#e9eef2;color:#3b4754;white-space:nowrap}
.badge.good{background:#dff3ea;color:var(--good)}.badge.warn{background:#fdf0d9;color:var(--warn)}
  .badge.bad{background:#fde4e1;color:var(--bad)}
.note{margin:.2rem 0 1rem;padding:.7rem 1rem;background:#f4f6f8;border-radius:8px;color:var(--soft);max-width:78ch}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:0 0 .6rem;font-size:.85rem;color:var(--soft)}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.4rem;vertical-align:-.08rem}
details{border-top:1px solid var(--line);padding:.5rem 0}
summary{cursor:pointer;color:var(--main);font-size:.92rem}
details>div{margin-top:.6rem}
.button{display:inline-block;margin-top:.6rem;padding:.5rem 1rem;border-radius:8px;background:var(--main);color:#fff;
  text-decoration:none;font-weight:550}
.model{padding-top:1.2rem;margin-top:1.2rem;border-top:1px solid var(--line)}.model:first-of-type{border-top:0;
  margin-top:0;padding-top:0}
footer{color:var(--soft);font-size:.85rem;padding:.4rem 0 2.4rem}
:focus-visible{outline:3px solid #d29a2d;outline-offset:2px}
@media(max-width:900px){.grid{grid-template-columns:minmax(0,1fr)}.tiles{grid-template-columns:repeat(2,1fr)}
  section{padding:1.2rem}h1{font-size:1.6rem}nav{position:static}}
@media print{
@page{margin:14mm}
body{background:#fff;font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
nav,.skip,.button{display:none}.top{background:none;color:var(--ink);padding-top:0;padding-bottom:0;margin:0}
.brand,.ids{color:var(--soft)}.tiles{margin:1rem 0 1.4rem;box-shadow:none;grid-template-columns:repeat(6,1fr)}
  .tiles dd{font-size:1.15rem}
section{border:0;border-top:1px solid var(--line);border-radius:0;padding:1rem 0}
figure,tr,.model h3{break-inside:avoid}h2,h3,.lead,caption{break-after:avoid}
.grid{grid-template-columns:repeat(2,minmax(0,1fr))}.plan svg{min-width:0}.scroll{overflow:visible}
}
"""
