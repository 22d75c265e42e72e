/** The style of the pages under `/docs`. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #e2e7ee; --paper: #ffffff; --shade: #f5f7fa;
  --accent: #2456c8; --get: #17744a; --post: #2456c8; --put: #8a5a00; --patch: #8a5a00; --delete: #b3261e; --code: #0f1722; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #9aa7b8; --line: #2a3444; --paper: #10161f;
  --shade: #171f2b; --accent: #8ab0ff; --get: #6fd3a3; --post: #8ab0ff; --put: #f0c36a; --patch: #f0c36a; --delete: #ff9a91; --code: #0a0f16; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre, .path { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
code { background: var(--shade); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; }
pre { background: var(--code); color: #e4e9f0; border-radius: 8px; padding: .9rem 1rem; overflow-x: auto; line-height: 1.5; margin: .5rem 0; }
pre code { background: none; padding: 0; font-size: inherit; overflow-wrap: normal; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }
.frame { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 82rem; margin: 0 auto; }
nav { position: sticky; top: 0; align-self: start; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem 3rem 1.5rem; border-right: 1px solid var(--line); font-size: .875rem; }
nav .brand { font-weight: 700; font-size: 1.05rem; color: var(--ink); display: block; margin-bottom: .8rem; }
nav h2 { font-size: .72rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 1.4rem 0 .3rem; }
input[type=search] + ul { margin-top: .6rem; }
nav ul { list-style: none; margin: 0; padding: 0; } nav li a { display: block; padding: .18rem .4rem; border-radius: 5px; color: var(--ink); }
nav li a:hover, nav li a:focus { background: var(--shade); text-decoration: none; }
input[type=search] { width: 100%; padding: .45rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); color: var(--ink); font: inherit; }
main { padding: 2rem 2.5rem 6rem; min-width: 0; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; } h2.tag { margin: 3.5rem 0 .2rem; font-size: 1.45rem; }
.lead { color: var(--soft); max-width: 46rem; }
.operation { border-top: 1px solid var(--line); padding: 1.8rem 0 .6rem; }
.operation h3 { margin: 0 0 .3rem; font-size: 1.1rem; } .operation > p, .operation > ul { max-width: 46rem; }
.call { display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; margin: .2rem 0 .6rem; }
.method { font: 700 .75rem/1 ui-monospace, monospace; padding: .32rem .5rem; border-radius: 5px; color: var(--paper); background: var(--soft); }
.get { background: var(--get); } .post { background: var(--post); } .put { background: var(--put); } .patch { background: var(--patch); } .delete { background: var(--delete); }
.badge { font-size: .75rem; color: var(--soft); border: 1px solid var(--line); border-radius: 999px; padding: .05rem .55rem; }
h4 { font-size: .78rem; letter-spacing: .04em; text-transform: uppercase; color: var(--soft); margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td, th { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; } .type { color: var(--soft); } .required { color: var(--delete); font-size: .78rem; }
dl.fields { margin: 0; font-size: .9rem; } dl.fields dt { margin-top: .45rem; } dl.fields dd { margin: 0 0 .2rem; color: var(--soft); }
dl.fields dl.fields { border-left: 2px solid var(--line); padding-left: .9rem; margin-left: .2rem; }
details > summary { cursor: pointer; color: var(--accent); font-size: .9rem; margin: .4rem 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 2.2rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.hidden { display: none; }
@media (max-width: 60rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 48rem) { .frame { display: block; } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  nav div.index { max-height: 40vh; overflow-y: auto; } main { padding: 1.5rem 1.2rem 4rem; } }
`;

/** Finds operations by what is typed; `/` goes to the box. The page works without it. */
export const SCRIPT = `
const box = document.querySelector('input[type=search]');
const filter = () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const item of document.querySelectorAll('[data-words]')) {
    item.classList.toggle('hidden', !words.every((word) => item.dataset.words.includes(word)));
  }
  for (const group of document.querySelectorAll('[data-group]')) {
    group.classList.toggle('hidden', group.querySelector('[data-words]:not(.hidden)') === null);
  }
};
box.addEventListener('input', filter);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== box) { event.preventDefault(); box.focus(); }
  if (event.key === 'Escape' && document.activeElement === box) { box.value = ''; filter(); box.blur(); }
});
filter();
`;
