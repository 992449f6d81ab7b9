import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadKeys } from "./keys.ts";

let parent: string;
let dataDir: string;

beforeEach(async () => {
	parent = await mkdtemp(join(tmpdir(), "claude-notify-keys-"));
	dataDir = join(parent, "data");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const none = { jwtPrivateKey: undefined, dataKey: undefined };
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
const pem = () => generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

describe("the server's keys", () => {
	it("are made once, for the owner only, and are the same at the next start", async () => {
		const first = await loadKeys({ dataDir, ...none });
		const second = await loadKeys({ dataDir, ...none });
		expect(second.signing.kid).toBe(first.signing.kid);
		expect(second.dataKey).toEqual(first.dataKey);
		expect(first.dataKey).toHaveLength(32);
		expect(await modeOf(dataDir)).toBe("700");
		expect(await modeOf(join(dataDir, "keys.json"))).toBe("600");
		expect(await readdir(dataDir)).toEqual(["keys.json"]);
	});

	it("are the same for servers that start at once on one folder", async () => {
		const all = await Promise.all(Array.from({ length: 20 }, () => loadKeys({ dataDir, ...none })));
		expect(new Set(all.map(({ signing }) => signing.kid)).size).toBe(1);
		expect(new Set(all.map(({ dataKey }) => Buffer.from(dataKey).toString("hex"))).size).toBe(1);
		expect(await readdir(dataDir)).toEqual(["keys.json"]);
	});

	it("are closed again when somebody opened the folder and the file", async () => {
		await loadKeys({ dataDir, ...none });
		await chmod(dataDir, 0o755);
		await chmod(join(dataDir, "keys.json"), 0o644);
		await loadKeys({ dataDir, ...none });
		expect(await modeOf(dataDir)).toBe("700");
		expect(await modeOf(join(dataDir, "keys.json"))).toBe("600");
	});

	it("stop the start instead of being made anew when the file is broken", async () => {
		await loadKeys({ dataDir, ...none });
		const path = join(dataDir, "keys.json");
		const broken = (await readFile(path, "utf8")).slice(0, 60);
		await writeFile(path, broken);
		await expect(loadKeys({ dataDir, ...none })).rejects.toThrow(/keys\.json: the keys cannot be read/);
		expect(await readFile(path, "utf8")).toBe(broken);
	});

	it("come from the configuration when it has both, and then nothing is written", async () => {
		const jwtPrivateKey = pem();
		const dataKey = Buffer.alloc(32, 7);
		for (const encoding of ["hex", "base64", "base64url"] as const) {
			const keys = await loadKeys({ dataDir, jwtPrivateKey, dataKey: dataKey.toString(encoding) });
			expect(Buffer.from(keys.dataKey).equals(dataKey)).toBe(true);
		}
		await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
	});

	it("are read from a PEM, a PEM on one line and a JWK alike", async () => {
		const written = pem();
		const jwk = JSON.stringify(createPrivateKey(written).export({ format: "jwk" }));
		const kids = new Set<string>();
		for (const jwtPrivateKey of [written, written.replaceAll("\n", "\\n"), jwk]) {
			kids.add((await loadKeys({ dataDir, jwtPrivateKey, dataKey: undefined })).signing.kid);
		}
		expect(kids.size).toBe(1);
	});

	it("that are none are refused by name and never quoted", async () => {
		const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
		const rsaPem = rsa.export({ type: "pkcs8", format: "pem" }).toString();
		for (const jwtPrivateKey of ["not a key", '{"kty":"secret-value"}', rsaPem]) {
			const error = await loadKeys({ dataDir, jwtPrivateKey, dataKey: undefined }).catch((thrown: unknown) => thrown);
			expect(String(error)).toMatch(/^Error: JWT_PRIVATE_KEY: /);
			expect(String(error)).not.toContain("secret-value");
		}
		await expect(loadKeys({ dataDir, jwtPrivateKey: undefined, dataKey: "c2hvcnQ" })).rejects.toThrow(/^DATA_KEY: /);
	});
});
