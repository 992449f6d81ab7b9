export const phoneStyle = `
:root {
	color-scheme: light dark;
	--desk: light-dark(#eeebe3, #11100e);
	--screen: light-dark(#fffdf9, #181713);
	--bar: light-dark(#f8f5ef, #201f1b);
	--ink: light-dark(#21201c, #f0ede5);
	--quiet: light-dark(#66625a, #aaa498);
	--line: light-dark(#ddd8cd, #3a3832);
	--theirs: light-dark(#f0ece3, #2a2823);
	--accent: light-dark(#b4522d, #e08a63);
	--accent-ink: light-dark(#fff, #231208);
	--warn: light-dark(#a3261b, #ff9d8f);
	--bezel: light-dark(#2a2823, #34322c);
	font: 16px/1.45 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { background: var(--screen); color: var(--ink); }
a { color: var(--accent); }
code { font: .92em ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.about { display: none; }
.phone { display: flex; flex-direction: column; height: 100dvh; background: var(--screen); }
.head { flex: none; border-bottom: 1px solid var(--line); background: var(--bar); }
.title { display: flex; align-items: center; gap: .7rem; padding: .7rem 1rem; }
.avatar { flex: none; width: 2.4rem; height: 2.4rem; color: var(--accent); }
.title h1 { margin: 0; font-size: 1.02rem; font-weight: 650; line-height: 1.25; }
.title p { margin: 0; color: var(--quiet); font-size: .84rem; }
.title .state { margin-left: auto; font-size: .84rem; color: var(--quiet); }
.state .lost { display: none; }
.offline .state .live { display: none; }
.offline .state .lost { display: inline; color: var(--warn); }
.tabs { display: flex; gap: .4rem; margin: 0; padding: 0 1rem .7rem; list-style: none; overflow-x: auto; }
.tabs a { display: block; padding: .3rem .75rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--ink); font-size: .86rem; text-decoration: none; white-space: nowrap; }
.tabs a[aria-current] { background: var(--theirs); border-color: transparent; font-weight: 600; }
.tabs a.unread::after { content: ""; display: inline-block; width: .5rem; height: .5rem; margin-left: .45rem; border-radius: 50%; background: var(--accent); }

/* Reversed, so that the newest message is in view without a script. */
.scroll { flex: 1; min-height: 0; display: flex; flex-direction: column-reverse; overflow-y: auto; overscroll-behavior: contain; }
.log { display: flex; flex-direction: column; gap: .7rem; margin: 0; padding: 1rem; list-style: none; }
.log li { max-width: 82%; }
.log p { margin: 0; padding: .6rem .85rem; border-radius: 1.15rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.log footer { margin: .2rem .85rem 0; color: var(--quiet); font-size: .76rem; }
.theirs { align-self: flex-start; }
.theirs p { background: var(--theirs); border-bottom-left-radius: .35rem; }
.mine { align-self: flex-end; }
.mine p { background: var(--accent); color: var(--accent-ink); border-bottom-right-radius: .35rem; }
.mine footer { text-align: right; }
.actions { display: flex; flex-wrap: wrap; gap: .35rem; margin: .35rem 0 0; }
.actions button { flex: 1 1 auto; min-height: 2.75rem; padding: .4rem .9rem; border: 1px solid var(--accent); border-radius: .9rem; background: none; color: var(--accent); font: inherit; font-size: .94rem; font-weight: 600; cursor: pointer; }
.actions button:hover { background: var(--theirs); }
.badge { padding: .02rem .38rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .7rem; letter-spacing: .02em; }

.empty { flex: 1; display: flex; flex-direction: column; justify-content: center; gap: .4rem; padding: 1.5rem; text-align: center; color: var(--quiet); }
.empty strong { color: var(--ink); font-size: 1.1rem; }
.empty ol { margin: .8rem 0 0; padding: 0; list-style: none; text-align: left; }
.empty li { margin: .5rem 0; padding: .55rem .8rem; border: 1px solid var(--line); border-radius: .7rem; overflow-wrap: anywhere; }
.empty li code { color: var(--ink); }

.empty .start { align-self: center; margin-top: .8rem; padding: .7rem 2.5rem; border: 0; border-radius: 1.4rem; background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; cursor: pointer; }
.tabs span { color: var(--quiet); }
.foot { flex: none; padding: .6rem .8rem max(.7rem, env(safe-area-inset-bottom)); border-top: 1px solid var(--line); background: var(--bar); }
.composer[hidden] { display: none; }
.composer { display: flex; gap: .5rem; }
.composer input[type=text] { flex: 1; min-width: 0; padding: .65rem 1rem; border: 1px solid var(--line); border-radius: 1.4rem; background: var(--screen); color: inherit; font: inherit; }
::placeholder { color: var(--quiet); opacity: 1; }
.composer button { flex: none; padding: .65rem 1.1rem; border: 0; border-radius: 1.4rem; background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; cursor: pointer; }
.composer button:hover { filter: brightness(1.08); }
.hint { min-height: 1.2em; margin: .35rem .6rem 0; color: var(--quiet); font-size: .82rem; }
.hint:empty { display: none; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

@media (min-width: 760px) {
	body { background: var(--desk); }
	main { display: grid; grid-template-columns: minmax(0, 26rem) auto; justify-content: center; align-items: center; gap: clamp(2rem, 7vw, 6rem); min-height: 100%; padding: 1.5rem; }
	.about { display: block; }
	.about h2 { margin: 0 0 .6rem; font-size: 1.7rem; letter-spacing: -.015em; line-height: 1.2; }
	.about p { margin: 0 0 1.2rem; color: var(--quiet); }
	.about dl { display: grid; grid-template-columns: auto 1fr; gap: .55rem 1rem; margin: 0; }
	.about dt { font-weight: 600; white-space: nowrap; }
	.about dd { margin: 0; color: var(--quiet); }
	.phone { width: 390px; height: min(780px, calc(100dvh - 3rem)); border: 11px solid var(--bezel); border-radius: 3rem; overflow: hidden; box-shadow: 0 1px 2px rgb(0 0 0 / .18), 0 24px 60px -18px rgb(60 50 30 / .3); }
	.head { padding-top: .5rem; }
	.foot { padding-bottom: 1rem; }
}
@media (prefers-reduced-motion: no-preference) {
	.log li:last-child { animation: arrive .18s ease-out; }
	@keyframes arrive { from { opacity: 0; transform: translateY(.4rem); } }
}
`;
