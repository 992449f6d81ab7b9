import {
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type JsonWebKey,
	type KeyObject,
	randomBytes,
} from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { z } from "zod";

/** The key that signs access tokens: Ed25519. */
export interface SigningKey {
	/** RFC 7638 thumbprint of the public key. */
	kid: string;
	privateKey: KeyObject;
	publicKey: KeyObject;
}

export interface Keys {
	signing: SigningKey;
	/** 32 bytes; everything sealed or hashed in the database hangs on it. */
	dataKey: Uint8Array;
}

export interface KeyOptions {
	/** Holds `keys.json` with whatever is not given here. */
	dataDir: string;
	/** PKCS#8 PEM (`\n` may be written out, as in one-line variables) or a JWK in JSON. */
	jwtPrivateKey: string | undefined;
	/** 32 bytes in base64, base64url or hex. */
	dataKey: string | undefined;
}

const storedKeys = z.object({ version: z.literal(1), jwt_private_key: z.string(), data_key: z.string() });
const dataKeyBytes = 32;

/** Given keys win; the others are made once and kept in `dataDir`. A file that cannot be read stops the start: a new key would lose every address. */
export async function loadKeys(options: KeyOptions): Promise<Keys> {
	const { jwtPrivateKey, dataKey } = options;
	if (jwtPrivateKey !== undefined && dataKey !== undefined) {
		return { signing: await signingKey(jwtPrivateKey, "JWT_PRIVATE_KEY"), dataKey: dataKeyOf(dataKey, "DATA_KEY") };
	}
	const path = join(options.dataDir, "keys.json");
	const stored = await readOrCreate(options.dataDir, path);
	return {
		signing:
			jwtPrivateKey === undefined
				? await signingKey(stored.jwt_private_key, path)
				: await signingKey(jwtPrivateKey, "JWT_PRIVATE_KEY"),
		dataKey: dataKey === undefined ? dataKeyOf(stored.data_key, path) : dataKeyOf(dataKey, "DATA_KEY"),
	};
}

async function signingKey(written: string, source: string): Promise<SigningKey> {
	const privateKey = readPrivateKey(written, source);
	if (privateKey.asymmetricKeyType !== "ed25519") {
		throw new Error(`${source}: the signing key must be an Ed25519 private key.`);
	}
	const publicKey = createPublicKey(privateKey);
	const kid = await calculateJwkThumbprint({ ...publicKey.export({ format: "jwk" }), kty: "OKP" });
	return { kid, privateKey, publicKey };
}

function readPrivateKey(written: string, source: string): KeyObject {
	try {
		if (written.trimStart().startsWith("{")) {
			return createPrivateKey({ key: JSON.parse(written) as JsonWebKey, format: "jwk" });
		}
		return createPrivateKey(written.replaceAll("\\n", "\n"));
	} catch {
		// The cause is left out: OpenSSL and JSON.parse quote what they read.
		throw new Error(`${source}: the signing key is neither a PEM nor a JWK private key.`);
	}
}

/** The 32 bytes of a written key; its error names `source` and quotes nothing. */
export function dataKeyOf(written: string, source: string): Uint8Array {
	const encoding = /^[0-9a-f]{64}$/i.test(written) ? "hex" : "base64url";
	const bytes = Buffer.from(written, encoding);
	if (bytes.length !== dataKeyBytes) throw new Error(`${source}: the key must be ${dataKeyBytes} bytes.`);
	return bytes;
}

async function readOrCreate(dataDir: string, path: string): Promise<z.infer<typeof storedKeys>> {
	await closeFolder(dataDir);
	return (await readStored(path)) ?? (await create(path));
}

async function closeFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	if (((await stat(folder)).mode & 0o077) !== 0) await chmod(folder, 0o700);
}

async function readStored(path: string): Promise<z.infer<typeof storedKeys> | undefined> {
	const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT") return undefined;
		throw error;
	});
	if (content === undefined) return undefined;
	if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
	const parsed = storedKeys.safeParse(jsonOf(content));
	if (!parsed.success) {
		throw new Error(`${path}: the keys cannot be read. Restore the file: without it no stored address can be read.`);
	}
	return parsed.data;
}

function jsonOf(content: string): unknown {
	try {
		return JSON.parse(content);
	} catch {
		return undefined;
	}
}

/** Written beside and linked into place: no reader sees half a file, and of two processes that start at once one wins. */
async function create(path: string): Promise<z.infer<typeof storedKeys>> {
	const { privateKey } = generateKeyPairSync("ed25519");
	const made: z.infer<typeof storedKeys> = {
		version: 1,
		jwt_private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		data_key: randomBytes(dataKeyBytes).toString("base64url"),
	};
	const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
	try {
		const file = await open(draft, "wx", 0o600);
		try {
			await file.writeFile(`${JSON.stringify(made, null, "\t")}\n`);
			await file.sync();
		} finally {
			await file.close();
		}
		await link(draft, path);
		return made;
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
		const winner = await readStored(path);
		if (winner === undefined) throw error;
		return winner;
	} finally {
		await rm(draft, { force: true });
	}
}
