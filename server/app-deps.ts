import type { AccessTokens } from "./auth/access-token.ts";
import type { HttpLimits } from "./auth/http-limits.ts";
import type { ReplyGrants } from "./auth/reply-grant.ts";
import type { Deps } from "./domain/deps.ts";
import type { Parking } from "./parking.ts";
import type { SimulatorPhone } from "./simulator-phone.ts";

/** What the HTTP surface needs beside the verbs' own dependencies. */
export interface AppDeps extends Deps {
	version: string;
	/** Where the world reaches this server; the only source of our own URLs (never Host or X-Forwarded-*). */
	publicUrl: URL;
	tokens: AccessTokens;
	replyGrants: ReplyGrants;
	limits: HttpLimits;
	/** Number of proxies in front whose X-Forwarded-For entry is ours to believe. 0: the socket's address. */
	trustedProxies: number;
	/** ISO 3166-1 countries that pairing codes may be sent to by SMS, against toll fraud. */
	smsCountries: readonly string[];
	/** Absent in production: the phone simulator's screen. */
	phone: SimulatorPhone | undefined;
	/** Folder of the plugin's files, for /plugin; absent when this server offers none. */
	pluginRoot: string | undefined;
	/** The project's folder: what /install.sh installs is in it. */
	projectRoot: string;
	/** Where long-polls wait. */
	parking: Parking;
	/** Not undefined once shutdown began: /readyz then says no. */
	draining(): boolean;
}
