/** The halves of the package that draw text: its main file brings a PNG encoder too, which is 35 kB of bundle for nothing. */
declare module "qrcode/lib/core/qrcode.js" {
	export { create } from "qrcode";
}
declare module "qrcode/lib/renderer/utf8.js" {
	import type { QRCode, QRCodeRenderersOptions } from "qrcode";
	export function render(code: QRCode, options: QRCodeRenderersOptions): string;
}
