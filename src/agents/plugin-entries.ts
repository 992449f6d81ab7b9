import { isDeepStrictEqual } from "node:util";
import type { WasThere } from "./hook-entries.ts";
import { expectType, insertLast, memberOf, parseSettings, propertyOf, removeChild, replaceNode } from "./json-edit.ts";

/** Another name than a checkout's or a server's marketplace has, so that they can stand side by side. */
export const marketplaceName = "claude-notify-local";
const pluginId = `notify@${marketplaceName}`;

const marketplacesKey = "extraKnownMarketplaces";
const enabledKey = "enabledPlugins";

/** What Claude Code needs to run the plugin from a folder; a new session then loads it by itself. */
export function addPlugin(text: string, folder: string): string {
	const marketplace = { source: { source: "directory", path: folder } };
	const known = set(text, marketplacesKey, marketplaceName, marketplace);
	return set(known, enabledKey, pluginId, true);
}

function set(text: string, group: string, key: string, value: unknown): string {
	const root = parseSettings(text, false);
	const object = memberOf(root, group);
	if (object === undefined) return insertLast(text, root, { [key]: value }, group);
	const present = memberOf(expectType(text, object, "object", group), key);
	if (present === undefined) return insertLast(text, object, value, key);
	const { offset, length } = present;
	const isSame = isDeepStrictEqual(JSON.parse(text.slice(offset, offset + length)), value);
	return isSame ? text : replaceNode(text, present, value);
}

export function removePlugin(text: string, wasThere: WasThere): string {
	const known = unset(text, marketplacesKey, marketplaceName, wasThere);
	return unset(known, enabledKey, pluginId, wasThere);
}

function unset(text: string, group: string, key: string, wasThere: WasThere): string {
	const root = parseSettings(text, false);
	const object = memberOf(root, group);
	const property = object?.type === "object" ? propertyOf(object, key) : undefined;
	if (object === undefined || property === undefined) return text;
	const whole = object.children?.length === 1 && !wasThere(group) ? propertyOf(root, group) : undefined;
	return whole === undefined ? removeChild(text, object, property) : removeChild(text, root, whole);
}

/** The plugin from another marketplace, which the person has put there; two of them would tell everything twice. */
export function pluginFromElsewhere(text: string): string | undefined {
	const enabled = memberOf(parseSettings(text, false), enabledKey);
	for (const { children } of enabled?.type === "object" ? (enabled.children ?? []) : []) {
		const id = String(children?.[0]?.value);
		if (id.startsWith("notify@claude-notify") && id !== pluginId && children?.[1]?.value === true) return id;
	}
	return undefined;
}
