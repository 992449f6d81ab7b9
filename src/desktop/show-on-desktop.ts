/** What a person at the computer is shown, apart from the phone. Plain text: whoever shows it escapes it for its own markup. */
export interface DesktopNote {
	title: string;
	body: string;
	/** Notes of one group take each other's place, where the desktop can do that. */
	group: string;
	/** `failed` stays until it is dismissed, where the desktop can do that. */
	urgency: "normal" | "failed";
	/** A sound file of the person's own. */
	sound?: string | undefined;
}

/** Where a note went: to the desktop's notifications, to the terminal as escape sequences or a bell, or nowhere. */
export type Shown = "desktop" | "terminal" | "nowhere";
