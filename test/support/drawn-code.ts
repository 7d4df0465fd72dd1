// Reads a QR code that the demo bank has drawn, as a scanner does that sees it on a page. Runs in workerd and in Node.
import { decodeQR } from "qr/decode.js";

/** Of an SVG: modules of a side, and a path with one rectangle for each run of dark ones. */
export interface Drawing {
  readonly size: number;
  readonly path: string;
}

const PIXELS_A_MODULE = 4;
const RGBA = 4;

/** Dark on light. Throws where there is nothing to be read. */
export function scanned({ size, path }: Drawing): string {
  const side = size * PIXELS_A_MODULE;
  const data = new Uint8Array(side * side * RGBA).fill(255);
  for (const [, column, line, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    const [left, top, right] = [Number(column), Number(line), Number(column) + Number(width)].map((at) => at * PIXELS_A_MODULE);
    for (let y = top!; y < top! + PIXELS_A_MODULE; y++) {
      for (let x = left!; x < right!; x++) data.fill(0, (y * side + x) * RGBA, (y * side + x) * RGBA + 3);
    }
  }
  return decodeQR({ width: side, height: side, data });
}
