/** The hosted pages' only stylesheet, inline under the policy's nonce: no other request, and nothing to wait for on a bad line. */
export const styles = `
:root {
	color-scheme: light dark;
	--paper: #f5f3ee; --card: #fffdf9; --ink: #21201c; --soft: #66625a; --line: #ddd8cd; --field: #fff;
	--accent: #b4522d; --accent-ink: #fff; --accent-soft: #f6e6de; --bad: #a3261b; --bad-soft: #fbe9e6;
	--shadow: 0 1px 2px rgb(60 50 30 / 6%), 0 12px 32px rgb(60 50 30 / 8%);
}
@media (prefers-color-scheme: dark) {
	:root {
		--paper: #171613; --card: #201f1b; --ink: #f0ede5; --soft: #aaa498; --line: #3a3832; --field: #181713;
		--accent: #e08a63; --accent-ink: #231208; --accent-soft: #3a261b; --bad: #ff9d8f; --bad-soft: #3b1d18;
		--shadow: none;
	}
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
	margin: 0; min-height: 100vh; min-height: 100dvh; background: var(--paper); color: var(--ink);
	font: 1.0625rem/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
	display: flex; flex-direction: column; align-items: center;
}
main { width: 100%; max-width: 28rem; padding: 1.25rem 1.25rem 2rem; display: flex; flex-direction: column; flex: 1; }
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 600; letter-spacing: -.01em; color: var(--ink); }
.brand svg { width: 1.9rem; height: 1.9rem; flex: none; color: var(--accent); }
.steps { display: flex; gap: .5rem; list-style: none; margin: 1.75rem 0 0; padding: 0; font-size: .875rem; color: var(--soft); }
.steps li { flex: 1; padding-top: .5rem; border-top: 3px solid var(--line); }
.steps li.past { border-color: var(--accent); }
.steps li[aria-current] { border-color: var(--accent); color: var(--ink); font-weight: 600; }
h1 { margin: 1.5rem 0 .5rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; }
p { margin: 0 0 1rem; }
.lead { color: var(--soft); text-wrap: pretty; }
.lead code { white-space: nowrap; }
.lead strong { color: var(--ink); font-variant-numeric: tabular-nums; white-space: nowrap; }
form { margin: 0; }
.field { margin: 1.1rem 0; }
label, legend { display: block; font-weight: 600; margin-bottom: .4rem; padding: 0; }
.hint { color: var(--soft); font-size: .9375rem; margin: .45rem 0 0; }
input[type=text], input[type=tel], input[type=email] {
	width: 100%; height: 3.5rem; padding: 0 1rem; font: inherit; font-size: 1.25rem; color: var(--ink);
	background: var(--field); border: 1.5px solid var(--line); border-radius: .75rem; font-variant-numeric: tabular-nums;
}
input.code::placeholder { color: var(--line); opacity: 1; }
input.code { height: 4.25rem; font-size: 2rem; font-weight: 600; letter-spacing: .32em; text-indent: .32em; text-align: center; padding: 0 .5rem; }
input[aria-invalid=true] { border-color: var(--bad); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
input:focus-visible { outline-offset: 0; border-color: var(--accent); }
.error { display: flex; gap: .6rem; margin: .6rem 0 0; padding: .7rem .9rem; border-radius: .6rem; background: var(--bad-soft); color: var(--bad); font-size: 1rem; }
.error svg { width: 1.25rem; height: 1.25rem; flex: none; margin-top: .15rem; }
.consent { display: flex; gap: .8rem; align-items: flex-start; font-weight: 400; font-size: .9375rem; line-height: 1.5; margin: 0; padding: .25rem 0; cursor: pointer; }
.consent input { width: 1.5rem; height: 1.5rem; flex: none; margin: 0; accent-color: var(--accent); }
.channels { border: 0; margin: 1.25rem 0; padding: 0; }
.channels div { display: flex; flex-wrap: wrap; gap: .5rem; }
.channels label { flex: 1 1 auto; margin: 0; font-weight: 500; }
.channels input { position: absolute; opacity: 0; }
.channels span { display: flex; align-items: center; justify-content: center; height: 3rem; padding: 0 .7rem; border: 1.5px solid var(--line); border-radius: .75rem; background: var(--field); cursor: pointer; }
.channels input:checked + span { border-color: var(--accent); background: var(--accent-soft); box-shadow: inset 0 0 0 1px var(--accent); }
.channels input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
.button {
	display: flex; align-items: center; justify-content: center; width: 100%; min-height: 3.5rem; padding: .5rem 1rem; border: 0; border-radius: .75rem;
	background: var(--accent); color: var(--accent-ink); font: inherit; font-size: 1.125rem; font-weight: 600; text-decoration: none; cursor: pointer;
}
.button:hover { filter: brightness(1.06); }
.button:active { filter: brightness(.94); }
.button.quiet { background: var(--accent-soft); color: var(--ink); border: 1.5px solid var(--accent); font-size: 1rem; min-height: 3rem; }
.open { display: flex; flex-direction: column-reverse; gap: 1rem; margin: 0 0 1.25rem; }
.open .button { padding: .5rem; white-space: nowrap; }
.open p { margin: 0 0 .5rem; font-size: .9375rem; }
.qr { background: #fff; border: 1px solid var(--line); border-radius: .75rem; width: 11rem; flex: none; align-self: center; overflow: hidden; }
.qr svg { display: block; width: 100%; height: auto; }
.others { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin-top: .75rem; }
.link { display: inline-flex; align-items: center; min-height: 3rem; padding: 0; border: 0; background: none; color: var(--accent); font: inherit; font-weight: 500; text-decoration: underline; text-underline-offset: .2em; text-decoration-thickness: 1px; cursor: pointer; }
.note { border-radius: .75rem; background: var(--accent-soft); padding: .8rem 1rem; font-size: .9375rem; margin: 1.25rem 0; }
.note a { color: inherit; font-weight: 600; }
.note p:last-child, .error p { margin: 0; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--accent-soft); border-radius: .3rem; padding: .1em .35em; overflow-wrap: anywhere; }
ol.how { margin: 1.25rem 0; padding-left: 1.25rem; }
ol.how li { margin: .5rem 0; padding-left: .25rem; }
footer { margin-top: auto; padding-top: 2rem; color: var(--soft); font-size: .875rem; }
footer p { margin: 0; }
@media (min-width: 34rem) {
	body { justify-content: center; padding: 1rem; }
	main { flex: none; background: var(--card); border: 1px solid var(--line); border-radius: 1.25rem; box-shadow: var(--shadow); padding: 1.75rem 2.25rem 1.75rem; }
	.steps { margin-top: 1.25rem; }
	h1 { margin-top: 1.25rem; }
	footer { padding-top: 1.25rem; }
	.open { flex-direction: row; align-items: center; }
	.open > div:last-child { flex: 1; }
}
@media (prefers-reduced-motion: no-preference) { .button { transition: filter .12s; } }
`;
