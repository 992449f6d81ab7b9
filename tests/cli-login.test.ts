import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCli } from "./helpers/cli.ts";
import { nodeDir } from "./helpers/processes.ts";
import { refusal, someTokens, startScriptedServer } from "./helpers/scripted-server.ts";
import { openTerminal } from "./helpers/tmux.ts";
import { until } from "./helpers/until.ts";

it("login opens the hosted page and waits for it to send the browser back; a wrong state stores nothing (rows 4, 32)", async () => {
	await using server = await startScriptedServer();
	await using cli = await openCli(server.url);
	const opened = join(cli.home, "../opened");
	const script = `#!/bin/sh\nprintf %s "$1" > "${opened}.part" && mv "${opened}.part" "${opened}"\n`;
	await writeFile(join(cli.home, "../xdg-open"), script, { mode: 0o755 });
	const running = cli.run(["login", "--json"], {
		env: { DISPLAY: ":99", PATH: `${join(cli.home, "..")}:/usr/bin:/bin` },
	});
	const url = new URL(
		await until(
			() => readFile(opened, "utf8").catch(() => undefined),
			20_000,
			() => "no page was opened",
		),
	);
	const callback = new URL(url.searchParams.get("callback_uri") ?? "");
	callback.search = String(new URLSearchParams({ temp_token: "t".repeat(32), state: "x".repeat(32) }));
	expect((await fetch(callback)).status).toBe(400);
	expect(server.bodies("POST /auth/exchange")).toEqual([]);
	callback.searchParams.set("state", url.searchParams.get("state") ?? "");
	expect(await (await fetch(callback)).text()).toContain("return to the terminal");
	const ended = await running;
	expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining(url.href) });
	expect(JSON.parse(ended.stdout)).toMatchObject({ paired: true, address_masked: "+1***8912" });
});

it("login with a contact asks for the code at the terminal until it is right (row 46)", async () => {
	await using server = await startScriptedServer();
	await using cli = await openCli(server.url);
	server.on("POST /auth/exchange", ({ body }) =>
		Object(body).pairing_code === "654321"
			? { status: 200, body: someTokens("access-1", new Date(Date.now() + 129_600_000)) }
			: refusal(401, "unauthorized", "That is not the code.", { reason: "wrong" }),
	);
	const terminal = await openTerminal({
		socket: join(cli.home, "../tmux"),
		cwd: "/tmp",
		env: cli.env({ TERM: "xterm-256color" }),
		command: [join(await nodeDir(24), "node"), cli.script, "login", "+12025550199"],
	});
	try {
		const shows = (words: RegExp, times = 1) =>
			until(
				async () => ((await terminal.screen()).match(new RegExp(words, "g"))?.length ?? 0) >= times,
				20_000,
				() => terminal.screen(),
			);
		await shows(/Code:/);
		await terminal.write("12345");
		await terminal.press("Enter");
		await shows(/Code:/, 2);
		await terminal.write("111111");
		await terminal.press("Enter");
		await shows(/That is not the code\.[\s\S]*Code:/);
		await terminal.write("654321");
		await terminal.press("Enter");
		await shows(/Paired with \+1\*\*\*8912 by SMS\./);
	} finally {
		await terminal.close();
	}
});
