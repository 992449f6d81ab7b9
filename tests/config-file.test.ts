import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfigFile, writeConfigFile } from "../server/config-file.ts";
import { readConfiguration } from "../server/configuration.ts";

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "claude-notify-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
const configJson = () => ({ path: join(folder, ".data/config.json"), ours: true });
const read = async (environment: Record<string, string> = {}) => (await readConfiguration(environment, folder)).given;

async function keep(values: object, mode = 0o600): Promise<void> {
	await mkdir(join(folder, ".data"), { recursive: true, mode: 0o700 });
	await writeFile(configJson().path, JSON.stringify(values));
	await chmod(configJson().path, mode);
}
const legacy = (text: string, mode = 0o600) => writeFile(join(folder, ".env"), text, { mode });

describe("the server's variables", () => {
	it("come from the environment, else from the config file, else from .env, each by itself (row 110)", async () => {
		await legacy("PORT=1001\nLOG_LEVEL='debug'\nexport DATABASE_URL=postgres://three # a comment\n");
		await keep({ PORT: 1002, LOG_LEVEL: "warn" });
		expect(await read({ PORT: "1003" })).toEqual({
			PORT: "1003",
			LOG_LEVEL: "warn",
			DATABASE_URL: "postgres://three",
		});
		await rm(configJson().path);
		expect(await read()).toMatchObject({ PORT: "1001", LOG_LEVEL: "debug" });
	});

	it("are not hidden by an empty one in a stronger place (row 110)", async () => {
		await legacy("PORT=1001\nLOG_LEVEL=\n");
		await keep({ LOG_LEVEL: "warn" });
		expect(await read({ PORT: "", LOG_LEVEL: "" })).toEqual({ PORT: "1001", LOG_LEVEL: "warn" });
	});

	it("leave alone what is not the server's in .env", async () => {
		await legacy("PORT=1001\nSTRIPE_KEY=sk_live_of_someone_else\nPATH=/evil\n");
		expect(await read()).toEqual({ PORT: "1001" });
	});

	it("can stand in files of their own, as containers mount secrets", async () => {
		await writeFile(join(folder, "secret"), "hunter2\n");
		await keep({ TWILIO_AUTH_TOKEN: "of the file" });
		expect(await read({ TWILIO_AUTH_TOKEN_FILE: "secret" })).toMatchObject({ TWILIO_AUTH_TOKEN: "hunter2" });
		await expect(read({ TWILIO_AUTH_TOKEN_FILE: "gone" })).rejects.toThrow("TWILIO_AUTH_TOKEN_FILE: there is no file");
		const both = { TWILIO_AUTH_TOKEN_FILE: "secret", TWILIO_AUTH_TOKEN: "other" };
		await expect(read(both)).rejects.toThrow("TWILIO_AUTH_TOKEN is set too");
		expect(await read({ SOMEONES_FILE: "gone" })).toMatchObject({ TWILIO_AUTH_TOKEN: "of the file" });
	});

	it("are looked for where CLAUDE_NOTIFY_CONFIG and DATA_DIR say", async () => {
		await keep({ PORT: "1" });
		await writeConfigFile({ path: join(folder, "elsewhere/notify.json"), ours: false }, { PORT: "2" });
		await writeConfigFile({ path: join(folder, "data/config.json"), ours: true }, { PORT: "3" });
		expect(await read()).toMatchObject({ PORT: "1" });
		expect(await read({ CLAUDE_NOTIFY_CONFIG: "elsewhere/notify.json" })).toMatchObject({ PORT: "2" });
		expect(await read({ DATA_DIR: "data" })).toMatchObject({ PORT: "3" });
		await legacy("DATA_DIR=data\n");
		expect(await read()).toMatchObject({ PORT: "3" });
		await expect(read({ CLAUDE_NOTIFY_CONFIG: "gone.json" })).rejects.toThrow("CLAUDE_NOTIFY_CONFIG: there is no file");
	});
});

describe("the config file", () => {
	it.each([0o640, 0o604, 0o660, 0o644])(
		"is refused with mode %o, and the cure makes it good (row 112)",
		async (mode) => {
			await keep({ TWILIO_AUTH_TOKEN: "hunter2" }, mode);
			const refusal = await read().catch((error: Error) => error.message);
			expect(refusal).toContain(`Cure: chmod 600 ${configJson().path}`);
			expect(refusal).not.toContain("hunter2");
			await chmod(configJson().path, 0o600);
			expect(await read()).toEqual({ TWILIO_AUTH_TOKEN: "hunter2" });
		},
	);

	it("is refused in a DATA_DIR that others can look into (row 112)", async () => {
		await keep({ PORT: "1" });
		await chmod(join(folder, ".data"), 0o755);
		await expect(read()).rejects.toThrow(`Cure: chmod 700 ${join(folder, ".data")}`);
	});

	it("is refused elsewhere only where others could put another in its place (row 112)", async () => {
		const place = { path: join(folder, "etc/notify.json"), ours: false };
		await writeConfigFile(place, { PORT: "1" });
		await chmod(join(folder, "etc"), 0o755);
		expect(await readConfigFile(place)).toEqual({ PORT: "1" });
		await chmod(join(folder, "etc"), 0o775);
		await expect(readConfigFile(place)).rejects.toThrow(`Cure: chmod go-w ${join(folder, "etc")}`);
		await expect(writeConfigFile(place, { PORT: "2" })).rejects.toThrow("Cure: chmod go-w");
		expect(await modeOf(join(folder, "etc"))).toBe("775");
	});

	it("is written for its owner only, whatever the folder was, and leaves nothing beside it (row 112)", async () => {
		await mkdir(join(folder, ".data"), { mode: 0o755 });
		await writeConfigFile(configJson(), { TWILIO_AUTH_TOKEN: "hunter2" });
		expect([await modeOf(join(folder, ".data")), await modeOf(configJson().path)]).toEqual(["700", "600"]);
		expect(await readdir(join(folder, ".data"))).toEqual(["config.json"]);
		expect(await readConfigFile(configJson())).toEqual({ TWILIO_AUTH_TOKEN: "hunter2" });
	});

	it("is never seen half written, by however many readers", async () => {
		const values = (letter: string) => ({ DATA_KEY: letter.repeat(200_000) });
		await writeConfigFile(configJson(), values("a"));
		const seen = new Set<string>();
		let writing = true;
		const reader = async () => {
			while (writing) seen.add((await readConfigFile(configJson()))?.["DATA_KEY"] ?? "none");
		};
		const readers = [reader(), reader()];
		for (let turn = 0; turn < 20; turn++) await writeConfigFile(configJson(), values(turn % 2 === 0 ? "b" : "a"));
		writing = false;
		await Promise.all(readers);
		for (const value of seen) expect(value).toMatch(/^(a{200000}|b{200000})$/);
	});

	it.each([
		["no JSON", '{\n"TWILIO_AUTH_TOKEN": "hunter2",\n', /is no JSON/],
		["a list", '["hunter2"]', /must be one JSON object/],
		["an object in the object", '{"TWILIO_AUTH_TOKEN": {"x": "hunter2"}}', /must be one JSON object/],
		["a misspelt name", '{"TWILIO_TOKEN": "hunter2"}', /no variable TWILIO_TOKEN/],
	])("that holds %s is refused without a word of what it holds (row 112)", async (_, content, words) => {
		await keep({});
		await writeFile(configJson().path, content);
		const refusal = await read().catch((error: Error) => error.message);
		expect(refusal).toMatch(words);
		expect(refusal).toContain(configJson().path);
		expect(refusal).not.toContain("hunter2");
	});

	it("of the old form is taken when others can read it, with a warning that holds the cure", async () => {
		await legacy("TWILIO_AUTH_TOKEN=hunter2\n", 0o644);
		const { given, warnings } = await readConfiguration({}, folder);
		expect(given).toEqual({ TWILIO_AUTH_TOKEN: "hunter2" });
		expect(warnings).toEqual([expect.stringContaining("chmod 600 .env")]);
		expect(warnings.join()).not.toContain("hunter2");
		await chmod(join(folder, ".env"), 0o600);
		expect((await readConfiguration({}, folder)).warnings).toEqual([]);
	});
});
