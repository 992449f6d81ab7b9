import { create } from "qrcode/lib/core/qrcode.js";
import { render } from "qrcode/lib/renderer/utf8.js";

/**
 * A QR code in half blocks, without colours: the light squares are drawn, the dark ones are left out. So it stands right on a
 * dark terminal, its border is not cut off with spaces, and on a light one it is the negative, which phones read too.
 */
export function qrText(text: string): string {
	const drawLight = { dark: "#ffffff", light: "#000000" };
	return render(create(text, { errorCorrectionLevel: "L" }), { margin: 4, color: drawLight });
}
