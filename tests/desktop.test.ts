import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type DesktopNote, type DesktopTools, showOnDesktop } from "../src/desktop/show-on-desktop.ts";
import { type FakePrograms, fakePrograms } from "./helpers/fake-programs.ts";
import { startNotificationDaemon } from "./helpers/notification-daemon.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { until } from "./helpers/until.ts";

const note: DesktopNote = { title: "npm test", body: "done in 0:12", group: "task-1", urgency: "normal" };
const hostile = '$(touch pwned)";x `id` %APPDATA% <b>&amp;</b>';

async function desk(options: Partial<DesktopTools> & { env: DesktopTools["env"] }) {
	const home = await temporaryFolder();
	let written = "";
	const tools: DesktopTools = {
		platform: "linux",
		home: join(home.path, "notify"),
		now: () => new Date(),
		terminal: (text) => {
			written += text;
		},
		...options,
	};
	return {
		tools,
		written: () => written,
		show: (given: Partial<DesktopNote> = {}) => showOnDesktop({ ...note, ...given }, tools),
		[Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
	};
}

async function withFakes(platform: NodeJS.Platform, env: Record<string, string> = {}) {
	const fakes = await fakePrograms();
	const seat = await desk({ platform, env: { PATH: fakes.path, TERM: "xterm-256color", ...env } });
	return {
		...seat,
		fakes,
		async [Symbol.asyncDispose]() {
			await seat[Symbol.asyncDispose]();
			await fakes[Symbol.asyncDispose]();
		},
	};
}

const bus = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/bus" };
const argsOf = async (fakes: FakePrograms, name: string) => (await fakes.calls(name)).map(({ args }) => args);

it("a real Linux desktop shows the note by libnotify, and the next of its group takes its place (row 139)", async () => {
	await using daemon = await startNotificationDaemon();
	await using seat = await desk({ env: { PATH: "/usr/bin:/bin", ...daemon.env } });
	expect(await seat.show()).toBe("desktop");
	expect(await seat.show({ body: "failed (code 3)", urgency: "failed" })).toBe("desktop");
	expect(await seat.show({ group: "task-2" })).toBe("desktop");
	const [first, second, third] = daemon.notes;
	expect(first).toMatchObject({ app: "claude-notify", replaces: 0, summary: "npm test", hints: { urgency: 1 } });
	expect(second).toMatchObject({ replaces: first?.id, body: "failed (code 3)", hints: { urgency: 2 } });
	expect(third).toMatchObject({ replaces: 0 });
	expect(seat.written()).toBe("");
	expect((await stat(join(seat.tools.home, "desktop.json"))).mode & 0o777).toBe(0o600);
});

it("hostile text reaches a real desktop as text: no option, no markup, no control character (row 140)", async () => {
	await using daemon = await startNotificationDaemon();
	await using seat = await desk({ env: { PATH: "/usr/bin:/bin", ...daemon.env } });
	await seat.show({ title: `--help\n\u001b[31m${hostile}`, body: `-x ${hostile}\u0000\u0007\u202e` });
	const body = '-x $(touch pwned)";x `id` %APPDATA% &lt;b&gt;&amp;amp;&lt;/b&gt;';
	expect(daemon.notes).toEqual([expect.objectContaining({ summary: `--help ${hostile}`, body })]);
	expect(existsSync("pwned")).toBe(false);
	expect(await readdir(seat.tools.home)).toEqual(["desktop.json"]);
});

it("a note of an hour ago is not replaced, and a file that cannot be read does no harm (row 139)", async () => {
	await using daemon = await startNotificationDaemon();
	await using seat = await desk({ env: { PATH: "/usr/bin:/bin", ...daemon.env } });
	await seat.show();
	const later = { ...seat.tools, now: () => new Date(Date.now() + 3_700_000) };
	await showOnDesktop(note, later);
	await writeFile(join(seat.tools.home, "desktop.json"), '[{"group":"task-1","id":"1; rm"},');
	await seat.show();
	expect(daemon.notes.map(({ replaces }) => replaces)).toEqual([0, 0, 0]);
});

it("libnotify 0.7, which can replace nothing, shows the note all the same (row 139)", async () => {
	await using seat = await withFakes("linux", bus);
	await writeFile(
		join(seat.fakes.path, "notify-send"),
		`#!/bin/sh\ncase "$*" in *-p*) exit 1;; esac\nprintf '%s,' "$@" > '${seat.fakes.path}/args'\n`,
		{ mode: 0o755 },
	);
	expect(await seat.show()).toBe("desktop");
	expect(await readFile(join(seat.fakes.path, "args"), "utf8")).toBe("-u,normal,--,npm test,done in 0:12,");
});

it("a Mac is told by terminal-notifier, word by word (rows 138, 139, 140)", async () => {
	await using seat = await withFakes("darwin");
	await seat.fakes.add("terminal-notifier");
	await seat.fakes.add("osascript");
	expect(await seat.show({ title: "[x]", body: hostile })).toBe("desktop");
	expect(await argsOf(seat.fakes, "terminal-notifier")).toEqual([
		["-title", "\\[x]", "-message", `\\${hostile}`, "-group", "claude-notify-task-1"],
	]);
	expect(await argsOf(seat.fakes, "osascript")).toEqual([]);
});

it("a Mac without terminal-notifier is told by AppleScript, whose text comes as arguments (rows 138, 139, 140)", async () => {
	await using seat = await withFakes("darwin");
	await seat.fakes.add("osascript");
	await seat.fakes.add("afplay");
	const sound = join(seat.fakes.path, "osascript");
	expect(await seat.show({ title: "-e", body: hostile, sound })).toBe("desktop");
	expect(await argsOf(seat.fakes, "osascript")).toEqual([
		[
			...["-e", "on run argv"],
			...["-e", "display notification (item 2 of argv) with title (item 1 of argv)"],
			...["-e", "end run"],
			...["--", "-e", hostile],
		],
	]);
	await until(
		async () => (await argsOf(seat.fakes, "afplay")).length > 0,
		5000,
		() => "no sound was played",
	);
	expect(await argsOf(seat.fakes, "afplay")).toEqual([[sound]]);
});

const toastVariables = ["CLAUDE_NOTIFY_TITLE", "CLAUDE_NOTIFY_BODY", "CLAUDE_NOTIFY_GROUP", "CLAUDE_NOTIFY_URGENCY"];
const toastScript = ([, , , encoded = ""]: string[]) => Buffer.from(encoded, "base64").toString("utf16le");

it("Windows shows a toast: the script is always the same, the text comes by variables (rows 138, 139, 140)", async () => {
	// On Linux such a path is a name like any other, looked up on PATH.
	const powershell = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
	await using seat = await withFakes("win32", { SystemRoot: "C:\\Windows" });
	await seat.fakes.add(powershell, { variables: toastVariables });
	expect(await seat.show({ body: hostile, urgency: "failed" })).toBe("desktop");
	const [called] = await seat.fakes.calls(powershell);
	expect(called?.env).toEqual({
		CLAUDE_NOTIFY_TITLE: "npm test",
		CLAUDE_NOTIFY_BODY: hostile,
		CLAUDE_NOTIFY_GROUP: "task-1",
		CLAUDE_NOTIFY_URGENCY: "failed",
	});
	expect(called?.args.slice(0, 3)).toEqual(["-NoProfile", "-NonInteractive", "-EncodedCommand"]);
	expect(toastScript(called?.args ?? [])).toContain("CreateTextNode($env:CLAUDE_NOTIFY_BODY)");
	expect(toastScript(called?.args ?? [])).not.toContain("pwned");
});

it("WSL shows a toast of Windows, which WSLENV lets the text cross over to (row 139)", async () => {
	await using seat = await withFakes("linux", { WSL_DISTRO_NAME: "Debian", WSLENV: "EDITOR" });
	await seat.fakes.add("powershell.exe", { variables: ["WSLENV", ...toastVariables] });
	await seat.fakes.add("notify-send");
	expect(await seat.show()).toBe("desktop");
	const [called] = await seat.fakes.calls("powershell.exe");
	expect(called?.env).toMatchObject({ CLAUDE_NOTIFY_TITLE: "npm test" });
	expect(called?.env["WSLENV"]?.split(":")).toEqual([
		"EDITOR",
		"CLAUDE_NOTIFY_TITLE",
		"CLAUDE_NOTIFY_BODY",
		"CLAUDE_NOTIFY_URGENCY",
		"CLAUDE_NOTIFY_GROUP",
		"CLAUDE_NOTIFY_SOUND/p",
	]);
	expect(await argsOf(seat.fakes, "notify-send")).toEqual([]);
});

it.each(["linux", "darwin", "win32"] as const)(
	"where there is nothing to show it with (%s) the terminal rings; without a terminal there is no error (row 139)",
	async (platform) => {
		await using seat = await withFakes(platform, { TERM: "dumb", SystemRoot: "/nowhere" });
		expect(await seat.show()).toBe("terminal");
		expect(seat.written()).toBe("\u0007");
		expect(await showOnDesktop(note, { ...seat.tools, terminal: undefined })).toBe("nowhere");
	},
);

it("a session bus on which no desktop listens leaves it to the terminal, at once (row 139)", async () => {
	await using daemon = await startNotificationDaemon({ service: false });
	await using seat = await desk({ env: { PATH: "/usr/bin:/bin", TERM: "dumb", ...daemon.env } });
	expect(await seat.show()).toBe("terminal");
});

it("where there is no session bus nothing is started for it, and the bus of systemd is found (row 139)", async () => {
	await using runtime = await temporaryFolder();
	await using seat = await withFakes("linux", { XDG_RUNTIME_DIR: runtime.path });
	await seat.fakes.add("notify-send", { prints: "7" });
	expect(await seat.show()).toBe("terminal");
	expect(await argsOf(seat.fakes, "notify-send")).toEqual([]);
	await writeFile(join(runtime.path, "bus"), "");
	expect(await seat.show()).toBe("desktop");
	expect(await argsOf(seat.fakes, "notify-send")).toHaveLength(1);
});

it("a desktop that does not answer is left alone after two seconds, and nothing of it stays behind (row 139)", async () => {
	await using seat = await withFakes("linux", { TERM: "dumb", ...bus });
	await seat.fakes.add("notify-send", { seconds: 60 });
	expect(await seat.show()).toBe("terminal");
	expect(await argsOf(seat.fakes, "notify-send")).toHaveLength(1);
	const running = await readdir("/proc");
	const commands = await Promise.all(
		running.filter((pid) => /^\d+$/.test(pid)).map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")),
	);
	expect(commands.filter((environ) => environ.includes(seat.fakes.path))).toEqual([]);
});

const plain = { title: "a;b", body: "c;\u001b]0;x\u0007d", group: "s/1" };

it.each([
	[{ TERM: "xterm-256color" }, "\u001b]9;a;b: c;d\u0007\u0007"],
	[{ TERM: "xterm-256color", VTE_VERSION: "7200" }, "\u001b]777;notify;a,b;c,d\u0007\u0007"],
	[{ TERM: "foot" }, "\u001b]777;notify;a,b;c,d\u0007\u0007"],
	[
		{ TERM: "xterm-kitty" },
		"\u001b]99;i=s_1:u=1:d=0:e=1:p=title;YTti\u0007\u001b]99;i=s_1:u=1:d=1:e=1:p=body;Yztk\u0007\u0007",
	],
	[
		{ TERM: "tmux-256color", TMUX: "/tmp/tmux-0/default,1,0" },
		"\u001bPtmux;\u001b\u001b]9;a;b: c;d\u0007\u001b\\\u0007",
	],
	[{ TERM: "screen", STY: "1.pts" }, "\u0007"],
	[{ TERM: "linux" }, "\u0007"],
])("over SSH the terminal is told in its own way: %j (row 139)", async (terminal, bytes) => {
	await using seat = await withFakes("linux", { SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22", ...terminal });
	await seat.fakes.add("notify-send");
	expect(await seat.show(plain)).toBe("terminal");
	expect(seat.written()).toBe(bytes);
	expect(await argsOf(seat.fakes, "notify-send")).toEqual([]);
});

it("a title that looks like a terminal's own command stays a text (row 140)", async () => {
	await using seat = await withFakes("linux", { SSH_TTY: "/dev/pts/1" });
	await seat.show({ title: "4;1;50", body: "" });
	expect(seat.written()).toBe("\u001b]9; 4;1;50\u0007\u0007");
});
