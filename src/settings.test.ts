import { describe, expect, it } from "vitest";
import { hasDesktop, readMessagingSocket, readSettings } from "./settings.ts";

function read(source: Record<string, string>) {
	const warnings: string[] = [];
	const settings = readSettings(
		source,
		() => "/home/ada",
		(message) => warnings.push(message),
	);
	return { settings, warnings };
}

describe("the plugin's settings", () => {
	it.each([
		["sdk-cli", true],
		["cli", false],
		["claude-vscode", false],
		[undefined, false],
	])("know by the client's entry point %s whether there is no dialog: %s", (entrypoint, headless) => {
		expect(
			readSettings(
				{ CLAUDE_CODE_ENTRYPOINT: entrypoint },
				() => "/home/ann",
				() => undefined,
			),
		).toMatchObject({ headless });
	});

	it("have defaults when nothing is set, without a word (row 61)", () => {
		const { settings, warnings } = read({});
		expect(warnings).toEqual([]);
		expect(settings).toEqual({
			server: "http://127.0.0.1:8787",
			serverProblem: undefined,
			home: "/home/ada/.config/claude-notify",
			heartbeatIntervalMs: 30_000,
			inactivityThresholdMs: 600_000,
			logLevel: "info",
			autoStart: false,
			errors: "blocking",
			desktop: false,
			headless: false,
		});
	});

	it("follow each variable (row 61)", () => {
		const { settings, warnings } = read({
			CLAUDE_NOTIFY_URL: "https://notify.example.com/base/",
			CLAUDE_NOTIFY_HOME: "/srv/notify",
			CLAUDE_NOTIFY_HEARTBEAT_INTERVAL: "5000",
			CLAUDE_NOTIFY_INACTIVITY_THRESHOLD: "60000",
			CLAUDE_NOTIFY_LOG_LEVEL: "debug",
			CLAUDE_NOTIFY_AUTO_START: "true",
			CLAUDE_NOTIFY_ERRORS: "ALL",
			CLAUDE_NOTIFY_DESKTOP: "true",
		});
		expect(warnings).toEqual([]);
		expect(settings).toMatchObject({
			server: "https://notify.example.com/base",
			home: "/srv/notify",
			heartbeatIntervalMs: 5000,
			inactivityThresholdMs: 60_000,
			logLevel: "debug",
			autoStart: true,
			errors: "all",
			desktop: true,
		});
	});

	it.each([
		["CLAUDE_NOTIFY_HEARTBEAT_INTERVAL", "soon", { heartbeatIntervalMs: 30_000 }],
		["CLAUDE_NOTIFY_HEARTBEAT_INTERVAL", "-5", { heartbeatIntervalMs: 30_000 }],
		["CLAUDE_NOTIFY_HEARTBEAT_INTERVAL", "10", { heartbeatIntervalMs: 30_000 }],
		["CLAUDE_NOTIFY_HEARTBEAT_INTERVAL", "1e4", { heartbeatIntervalMs: 30_000 }],
		["CLAUDE_NOTIFY_INACTIVITY_THRESHOLD", "600000.5", { inactivityThresholdMs: 600_000 }],
		["CLAUDE_NOTIFY_LOG_LEVEL", "loud", { logLevel: "info" }],
		["CLAUDE_NOTIFY_OPTION_AUTO_START", "maybe", { autoStart: false }],
		["CLAUDE_NOTIFY_OPTION_ERRORS", "some", { errors: "blocking" }],
		["CLAUDE_NOTIFY_OPTION_DESKTOP", "1", { desktop: false }],
	])("keep the default for %s=%s and warn once, by name (row 61)", (name, value, kept) => {
		const { settings, warnings } = read({ [name]: value });
		expect(settings).toMatchObject(kept);
		expect(warnings).toEqual([expect.stringContaining(name)]);
	});

	it("take the plugin's options where the environment says nothing, and the environment before them", () => {
		const options = {
			CLAUDE_NOTIFY_OPTION_SERVER_URL: "https://option.example.com",
			CLAUDE_NOTIFY_OPTION_AUTO_START: "true",
			CLAUDE_NOTIFY_OPTION_ERRORS: "off",
			CLAUDE_NOTIFY_OPTION_DESKTOP: "true",
		};
		expect(read(options).settings).toMatchObject({
			server: "https://option.example.com",
			autoStart: true,
			errors: "off",
			desktop: true,
		});
		const both = { ...options, CLAUDE_NOTIFY_URL: "https://env.example.com", CLAUDE_NOTIFY_ERRORS: "all" };
		expect(read(both).settings).toMatchObject({ server: "https://env.example.com", errors: "all" });
	});

	it.each(["", "   ", `\${user_config.server_url}`])("count %j as not set", (value) => {
		const { settings, warnings } = read({ CLAUDE_NOTIFY_URL: value, CLAUDE_NOTIFY_OPTION_SERVER_URL: value });
		expect(settings.server).toBe("http://127.0.0.1:8787");
		expect(warnings).toEqual([]);
	});

	it.each(["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost:9000", "https://10.0.0.7"])(
		"take the server %s",
		(url) => {
			expect(read({ CLAUDE_NOTIFY_URL: url }).settings).toMatchObject({ server: url, serverProblem: undefined });
		},
	);

	it.each([
		["http://notify.example.com", /CLAUDE_NOTIFY_URL must be https/],
		["http://127.0.0.1.example.com", /CLAUDE_NOTIFY_URL must be https/],
		["http://192.168.1.5:8787", /CLAUDE_NOTIFY_URL must be https/],
		["notify", /CLAUDE_NOTIFY_URL is not a URL/],
		["ftp://notify.example.com", /CLAUDE_NOTIFY_URL must start with https/],
		["https://user:secret@notify.example.com", /CLAUDE_NOTIFY_URL must not hold a user name/],
	])("refuse the server %s, name the variable, and use no other in its place (rows 28, 194)", (url, problem) => {
		const { settings } = read({ CLAUDE_NOTIFY_URL: url, CLAUDE_NOTIFY_OPTION_SERVER_URL: "https://other.example.com" });
		expect(settings.server).toBeUndefined();
		expect(settings.serverProblem).toMatch(problem);
		expect(settings.serverProblem).not.toContain("secret");
	});

	it("name the option when it is what cannot be used", () => {
		expect(read({ CLAUDE_NOTIFY_OPTION_SERVER_URL: "http://example.com" }).settings.serverProblem).toMatch(
			/server_url/,
		);
	});
});

describe("a desktop", () => {
	it.each([
		[{ DISPLAY: ":0" }, "linux", true],
		[{ WAYLAND_DISPLAY: "wayland-0" }, "linux", true],
		[{}, "linux", false],
		[{}, "darwin", true],
		[{}, "win32", true],
		[{ DISPLAY: ":0", SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, "linux", false],
		[{ SSH_TTY: "/dev/ttys1" }, "darwin", false],
		[{ DISPLAY: ":0", CI: "true" }, "linux", false],
	] as const)("with %o on %s: %s (row 46)", (source, platform, expected) => {
		expect(hasDesktop(source, platform)).toBe(expected);
	});
});

describe("the session's inbox", () => {
	it("is where the client says, and absent where it says nothing", () => {
		expect(readMessagingSocket({})).toBeUndefined();
		expect(readMessagingSocket({ CLAUDE_CODE_MESSAGING_SOCKET: "/tmp/a.sock" })).toEqual({
			path: "/tmp/a.sock",
			token: undefined,
		});
		const both = { CLAUDE_CODE_MESSAGING_SOCKET: "/tmp/a.sock", CLAUDE_CODE_MESSAGING_TOKEN: "secret" };
		expect(readMessagingSocket(both)).toEqual({ path: "/tmp/a.sock", token: "secret" });
	});
});
