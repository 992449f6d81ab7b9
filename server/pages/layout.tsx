import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { styles } from "./styles.ts";

export interface PageOptions {
	/** What the browser's tab says; the server's name is added. */
	title: string;
	body: Child;
	status?: ContentfulStatusCode;
	/** Where forms may lead beside this server. */
	formAction?: string;
	/** More rules for the stylesheet. */
	css?: string;
	/** CSPRNG, for the policy's nonce. */
	secret(bytes: number): string;
}

/** Inline, because the policy lets the page load nothing. */
const icon =
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='9' fill='%23b4522d'/%3E%3Cpath d='M9 11.5 14 16l-5 4.5M16.5 21H23' fill='none' stroke='%23fff' stroke-width='2.6' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/** One page: no script, no resource, no frame, no cache, no referrer. It works with JavaScript switched off because there is none. */
export function page(c: Context, { title, body, status = 200, formAction, css = "", secret }: PageOptions) {
	const nonce = secret(16);
	const forms = formAction === undefined ? "'self'" : `'self' ${formAction}`;
	c.header(
		"Content-Security-Policy",
		`default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`,
	);
	c.header("Referrer-Policy", "no-referrer");
	c.header("Cache-Control", "no-store");
	return c.html(
		html`<!DOCTYPE html>${(
			<html lang="en">
				<head>
					<meta charset="utf-8" />
					<meta name="viewport" content="width=device-width, initial-scale=1" />
					<meta name="color-scheme" content="light dark" />
					<meta name="robots" content="noindex" />
					<title>{title} · claude-notify</title>
					<link rel="icon" href={icon} />
					<style nonce={nonce}>{raw(styles + css)}</style>
				</head>
				<body>
					<main>{body}</main>
				</body>
			</html>
		)}`,
		status,
	);
}

export function Brand() {
	return (
		<div class="brand">
			<svg viewBox="0 0 32 32" aria-hidden="true">
				<rect width="32" height="32" rx="9" fill="currentColor" />
				<path
					d="M9 11.5 14 16l-5 4.5M16.5 21H23"
					fill="none"
					stroke="var(--accent-ink)"
					stroke-width="2.6"
					stroke-linecap="round"
					stroke-linejoin="round"
				/>
			</svg>
			<span>claude-notify</span>
		</div>
	);
}

/** What went wrong, tied to its field by `id`. */
export function Problem({ id, children }: { id: string; children?: Child }) {
	return (
		<div class="error" id={id} role="alert">
			<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8">
				<circle cx="10" cy="10" r="8" />
				<path d="M10 5.8v5M10 13.6v.2" stroke-linecap="round" />
			</svg>
			<p>{children}</p>
		</div>
	);
}
