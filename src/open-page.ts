import open from "open";
import { type Log, reasonOf } from "./log.ts";

/** Shows a page in the user's browser. Whether that worked cannot be known, so its address is always printed too. */
export function openInBrowser(url: string, log: Log): void {
	open(url)
		.then((child) => child.once("error", (error) => log.info(`no browser opened: ${error.message}`)))
		.catch((error: unknown) => log.info(`no browser opened: ${reasonOf(error)}`));
}
