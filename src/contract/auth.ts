import * as z from "zod";
import { channelName, channelTitle } from "./channels.ts";
import { text } from "./text.ts";

/** Base64url of a SHA-256: what PKCE S256 (RFC 7636) sends as its challenge. */
const codeChallenge = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const codeVerifier = z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/);
const state = z.string().regex(/^[A-Za-z0-9_-]{16,200}$/);
const opaqueToken = z.string().regex(/^[A-Za-z0-9_-]{20,200}$/);

/** Life of an access token in seconds: 36 hours. */
export const accessTokenSeconds = 129_600;
/** Life of a pairing (its temp_token and its code) in seconds: 10 minutes. */
export const pairingSeconds = 600;

/** SHA-256 in hex of what identifies the machine; sent at exchange and refresh, and as `x-device-fingerprint` with every access token. */
export const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
export const fingerprintHeader = "x-device-fingerprint";

/** Query of GET /login. */
export const browserLogin = z.object({
	callback_uri: z.string().max(200),
	state,
	code_challenge: codeChallenge,
	code_challenge_method: z.literal("S256"),
});

/**
 * POST /login: the door for machines without a browser. `address` is a contact as a person types it; without `channel` it
 * says itself which one it is for. A channel whose address is opened instead of typed (Telegram) needs none.
 */
export const remoteLogin = z.strictObject({
	mode: z.literal("remote"),
	channel: channelName.optional(),
	address: text(320).optional(),
	state,
	code_challenge: codeChallenge,
});

export const loginStarted = z.object({
	temp_token: opaqueToken,
	expires_in: z.literal(pairingSeconds),
	channel: channelName,
	channel_title: channelTitle,
	/** Null while it is not known: the person opens `link`, and the code comes there. */
	address_masked: z.string().nullable(),
	link: z.url().nullable(),
});
export type LoginStarted = z.infer<typeof loginStarted>;

/** POST /auth/exchange. With an access token of this device the address is added to its user. `pairing_code` is left out only when the hosted page has already taken it. */
export const exchange = z.strictObject({
	temp_token: opaqueToken,
	pairing_code: z
		.string()
		.regex(/^\d{6}$/)
		.optional(),
	code_verifier: codeVerifier,
	/** `time_zone`: IANA name of the machine's clock; a new user's, until they set another. */
	device: z.strictObject({ name: text(255), fingerprint, time_zone: text(100).optional() }),
});

/** POST /auth/refresh. */
export const refresh = z.strictObject({
	refresh_token: opaqueToken,
	fingerprint,
});

export const tokens = z.object({
	access_token: z.string(),
	token_type: z.literal("Bearer"),
	expires_in: z.literal(accessTokenSeconds),
	expires_at: z.iso.datetime(),
	refresh_token: opaqueToken,
	channel: channelName,
	channel_title: channelTitle,
	address_masked: z.string(),
});
export type Tokens = z.infer<typeof tokens>;

/** POST /auth/logout takes `{}`. */
export const loggedOut = z.object({
	revoked: z.boolean(),
	sessions_cleared: z.int().min(0),
});
