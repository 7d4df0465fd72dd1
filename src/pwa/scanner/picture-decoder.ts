// Reads QR codes where the browser cannot: a script of its own, loaded when scanning begins. Looks at pixels, and at nothing else.
import { decodeQR } from "qr/decode.js";

/** Long enough for a code of 70 modules across; more pixels only cost time. */
const LONGEST_SIDE = 1024;
/** For what the decoder may try besides: a picture must not hold the page up. */
const PATIENCE_MS = 30;

export type PictureDecoder = (video: HTMLVideoElement) => string | undefined;

export function pictureDecoder(): PictureDecoder {
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  return (video) => {
    const { videoWidth, videoHeight } = video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(videoWidth, videoHeight));
    const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    if (drawing === null || width === 0 || height === 0) return undefined;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    drawing.drawImage(video, 0, 0, width, height);
    try {
      return decodeQR({ width, height, data: drawing.getImageData(0, 0, width, height).data }, { timeLimit: PATIENCE_MS });
    } catch {
      // How it says that there is no code in the picture, or half of one.
      return undefined;
    }
  };
}
