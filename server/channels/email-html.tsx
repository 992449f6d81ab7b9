import type { Action, Message } from "./channel.ts";

interface MailLinks {
	/** Where an answer goes; buttons need it. */
	replyTo: string | undefined;
	unsubscribe: string | undefined;
}

/* Styles stand on the elements, since some mail programs drop <style>. No colour of ours but translucent grey: each program keeps its own light or dark. */
const font = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const styles = {
	body: `margin:0;padding:0;font:16px/1.5 ${font};-webkit-text-size-adjust:100%`,
	page: "max-width:600px;margin:0 auto;padding:24px 20px;overflow-wrap:anywhere",
	title: "margin:0 0 12px;font-size:18px;line-height:1.35;font-weight:600",
	text: "margin:0 0 16px;white-space:pre-wrap",
	log: "margin:0 0 16px;padding:12px 14px;border:1px solid rgba(128,128,128,.35);border-radius:8px;background-color:rgba(128,128,128,.12);font:13px/1.5 ui-monospace,'SF Mono',Menlo,Consolas,monospace;white-space:pre-wrap",
	button:
		"display:inline-block;margin:0 8px 16px 0;padding:10px 18px;border:1px solid rgba(128,128,128,.6);border-radius:8px;color:inherit;font-weight:600;text-decoration:none",
	foot: "margin:0;padding-top:12px;border-top:1px solid rgba(128,128,128,.35);font-size:14px;opacity:.75;white-space:pre-wrap",
	small: "margin:12px 0 0;font-size:12px;opacity:.75",
	link: "color:inherit",
	hidden: "display:none;max-height:0;overflow:hidden;mso-hide:all",
};

/** The message as HTML: no image, no script, nothing that is loaded or tells that it was read. */
export function mailHtml(message: Message, links: MailLinks): string {
	return `<!DOCTYPE html>${String(<Mail message={message} {...links} />)}`;
}

function Mail({ message, replyTo, unsubscribe }: { message: Message } & MailLinks) {
	const { parts, actions, conversation } = message;
	const subject = `Re: ${conversation?.title ?? "claude-notify"}`;
	const foot = parts.foot.trim().replace(/\n{2,}/g, "\n");
	return (
		<html lang="en">
			<head>
				<meta charset="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="color-scheme" content="light dark" />
				<meta name="supported-color-schemes" content="light dark" />
				<title>{parts.title || "claude-notify"}</title>
			</head>
			<body style={styles.body}>
				<div style={styles.hidden}>{preheader(message)}</div>
				<div style={styles.page}>
					{parts.title !== "" && <h1 style={styles.title}>{parts.title}</h1>}
					<Said parts={parts} />
					{replyTo !== undefined && actions.map((action) => <Button action={action} to={replyTo} subject={subject} />)}
					{foot !== "" && <p style={styles.foot}>{foot}</p>}
					{unsubscribe !== undefined && (
						<p style={styles.small}>
							<a style={styles.link} href={unsubscribe}>
								Stop these mails
							</a>
						</p>
					)}
				</div>
			</body>
		</html>
	);
}

function Said({ parts: { label, text, log } }: Pick<Message, "parts">) {
	const said = text.trim();
	if (log && said !== "") {
		return (
			<>
				{label.trim() !== "" && <p style={styles.text}>{label.trim()}</p>}
				<pre style={styles.log}>{said}</pre>
			</>
		);
	}
	return (
		<p style={styles.text}>
			{label}
			{said}
		</p>
	);
}

/** Opens a mail that is already written: to send it is the press. */
function Button({ action: { label, reply }, to, subject }: { action: Action; to: string; subject: string }) {
	const fields = `subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(reply)}`;
	return (
		<a style={styles.button} href={`mailto:${encodeURIComponent(to)}?${fields}`}>
			{label}
		</a>
	);
}

/** What lists of mails show beside the subject. */
function preheader({ parts: { label, text } }: Message): string {
	return `${label}${text}`.replace(/\s+/g, " ").trim().slice(0, 140).toWellFormed();
}
