// A QR code as one path of an SVG, so that a script can put the next one in its place without touching markup.
import { encodeQR } from "qr";

/** Modules; ISO/IEC 18004 asks for four. */
const QUIET_ZONE = 4;

export interface QrDrawing {
  /** Modules of a side, with the quiet zone: of the view box. */
  readonly size: number;
  /** Dark modules, one unit each. */
  readonly path: string;
}

/** Nothing covers a screen as it covers paper, and big modules are read from farther away: the least error correction. */
export function drawQr(text: string): QrDrawing {
  const rows = encodeQR(text, "raw", { ecc: "low", border: QUIET_ZONE });
  return { size: rows.length, path: rows.map(pathOfRow).join("") };
}

/** One rectangle for each run of dark modules. */
function pathOfRow(modules: readonly boolean[], row: number): string {
  const bits = modules.map((dark) => (dark ? "1" : "0")).join("");
  return [...bits.matchAll(/1+/g)].map(({ index, 0: run }) => `M${index} ${row}h${run.length}v1h-${run.length}z`).join("");
}
