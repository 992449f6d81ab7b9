import type { Context } from "hono";
import type { AppDeps } from "../app-deps.ts";
import { Brand, page } from "./layout.tsx";

/** GET /: says that the server is there, and what to do with it. */
export function home(c: Context, deps: AppDeps) {
	return page(c, {
		title: "Running",
		body: (
			<>
				<Brand />
				<h1>claude-notify is running</h1>
				<p class="lead">It tells your phone when Claude Code finishes, fails or waits, and takes your answer back.</p>
				<ol class="how">
					<li>
						In Claude Code with the plugin, point it here: <code>CLAUDE_NOTIFY_URL={deps.publicUrl.origin}</code>
					</li>
					<li>
						Connect your phone: <code>/notify-setup</code>
					</li>
					<li>
						Watch a session: <code>/notify-start "what it is about"</code>
					</li>
				</ol>
				{deps.phone !== undefined && (
					<a class="button" href="/dev/phone">
						Open the phone simulator
					</a>
				)}
				<footer>
					<p>Version {deps.version}</p>
				</footer>
			</>
		),
		secret: deps.secret,
	});
}
