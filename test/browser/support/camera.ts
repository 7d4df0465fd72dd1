// What Chromium's fake camera sees: a film of QR codes, drawn by the writing half of the library whose reading half the app has. The browser opens the
// file when a page asks for the camera, and shows it over and over.
import { writeFileSync } from "node:fs";
import { encodeQR } from "qr";

const [WIDTH, HEIGHT, PICTURES_A_SECOND] = [640, 480, 4];
const [BLACK, WHITE, GREY] = [16, 235, 128];

/** Arguments of a Chromium whose every camera is that film, and whose person lets pages have it. */
export const cameraArguments = (file: string): readonly string[] => [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  `--use-file-for-fake-video-capture=${file}`,
];

/** `scenes`: texts of codes, one after the other, each for that many seconds. YUV4MPEG2, 4:2:0. */
export function writeFilm(file: string, scenes: readonly { readonly text: string; readonly seconds: number }[]): void {
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${PICTURES_A_SECOND}:1 Ip A1:1 C420jpeg\n`)];
  for (const { text, seconds } of scenes) {
    const picture = Buffer.concat([Buffer.from("FRAME\n"), pictureOf(text)]);
    for (let count = 0; count < seconds * PICTURES_A_SECOND; count++) parts.push(picture);
  }
  writeFileSync(file, Buffer.concat(parts));
}

/** The code in the middle of a white page. */
function pictureOf(text: string): Buffer {
  const modules = encodeQR(text, "raw", { ecc: "low", border: 4 });
  const scale = Math.floor(HEIGHT / modules.length);
  const size = modules.length * scale;
  const [left, top] = [Math.floor((WIDTH - size) / 2), Math.floor((HEIGHT - size) / 2)];
  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE);
  for (const [row, cells] of modules.entries()) {
    for (const [column, dark] of cells.entries()) {
      if (!dark) continue;
      for (let line = 0; line < scale; line++) {
        const start = (top + row * scale + line) * WIDTH + left + column * scale;
        luma.fill(BLACK, start, start + scale);
      }
    }
  }
  return Buffer.concat([luma, Buffer.alloc((WIDTH * HEIGHT) / 2, GREY)]);
}
