import { win32 } from "node:path";
import { type ProgramOptions, runProgram } from "../run-program.ts";
import type { DesktopNote } from "./show-on-desktop.ts";

/** The text comes by variables and becomes text nodes: nothing of it is read as PowerShell or as XML. */
const script = `
$ErrorActionPreference = 'Stop'
$null = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$null = [Windows.UI.Notifications.ToastNotification, Windows.UI.Notifications, ContentType = WindowsRuntime]
$null = [Windows.Data.Xml.Dom.XmlDocument, Windows.Data.Xml.Dom.XmlDocument, ContentType = WindowsRuntime]
$xml = [xml] '<toast><visual><binding template="ToastGeneric"><text/><text/></binding></visual></toast>'
$texts = $xml.GetElementsByTagName('text')
$null = $texts.Item(0).AppendChild($xml.CreateTextNode($env:CLAUDE_NOTIFY_TITLE))
$null = $texts.Item(1).AppendChild($xml.CreateTextNode($env:CLAUDE_NOTIFY_BODY))
if ($env:CLAUDE_NOTIFY_URGENCY -eq 'failed') { $xml.DocumentElement.SetAttribute('duration', 'long') }
if ($env:CLAUDE_NOTIFY_SOUND) {
  $audio = $xml.CreateElement('audio')
  $audio.SetAttribute('silent', 'true')
  $null = $xml.DocumentElement.AppendChild($audio)
}
$document = New-Object Windows.Data.Xml.Dom.XmlDocument
$document.LoadXml($xml.OuterXml)
$toast = New-Object Windows.UI.Notifications.ToastNotification $document
$toast.Group = 'claude-notify'
$toast.Tag = $env:CLAUDE_NOTIFY_GROUP
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($toast)
if ($env:CLAUDE_NOTIFY_SOUND) { (New-Object Media.SoundPlayer $env:CLAUDE_NOTIFY_SOUND).PlaySync() }
`;

/** UTF-16 in base64, as -EncodedCommand takes it. */
const encodedScript = Buffer.from(script, "utf16le").toString("base64");

/** A toast by Windows' own PowerShell, from WSL too. It may take seconds to start: late is not failed. */
export async function showOnWindows(
	note: DesktopNote,
	{ env, deadline, isWsl }: ProgramOptions & { isWsl: boolean },
): Promise<boolean> {
	const values = {
		CLAUDE_NOTIFY_TITLE: note.title,
		CLAUDE_NOTIFY_BODY: note.body,
		CLAUDE_NOTIFY_URGENCY: note.urgency,
		CLAUDE_NOTIFY_GROUP: note.group.replace(/[^\w.-]/g, "_").slice(0, 64),
		CLAUDE_NOTIFY_SOUND: note.sound ?? "",
	};
	// What WSLENV names crosses over to Windows; /p makes a Windows path of one.
	const passed = [env["WSLENV"] ?? "", ...Object.keys(values)].filter(Boolean).join(":");
	const wsl = isWsl ? { WSLENV: passed.replace("CLAUDE_NOTIFY_SOUND", "CLAUDE_NOTIFY_SOUND/p") } : {};
	const args = ["-NoProfile", "-NonInteractive", "-EncodedCommand", encodedScript];
	const options = { env: { ...env, ...values, ...wsl }, deadline, mayFinishLater: true };
	return (await runProgram(isWsl ? "powershell.exe" : powershell(env), args, options)) !== "failed";
}

/** By its full path: Windows looks for programs in the current folder first, which may be a stranger's project. */
function powershell(env: ProgramOptions["env"]): string {
	const root = env["SystemRoot"] ?? env["SYSTEMROOT"] ?? "C:\\Windows";
	return win32.join(root, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
}
