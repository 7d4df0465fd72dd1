// Reads codes out of a camera's pictures: by the browser's own reader where it has one for QR codes, else by the one that is loaded now.

export type CodeReader = (video: HTMLVideoElement) => Promise<readonly string[]>;

/** Shape Detection, which TypeScript's library does not know. */
interface BarcodeDetectorClass {
  new (options: { formats: readonly string[] }): { detect(source: HTMLVideoElement): Promise<readonly { rawValue: string }[]> };
  getSupportedFormats(): Promise<readonly string[]>;
}

const QR = "qr_code";

/** Rejects where the script did not load: an update in another window may have replaced it. */
export async function codeReader(): Promise<CodeReader> {
  return (await browserReader()) ?? (await ownReader());
}

async function browserReader(): Promise<CodeReader | undefined> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: BarcodeDetectorClass };
  if (BarcodeDetector === undefined) return undefined;
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes(QR)) return undefined;
    const detector = new BarcodeDetector({ formats: [QR] });
    let own: CodeReader | undefined;
    return async (video) => {
      if (own !== undefined) return own(video);
      try {
        return (await detector.detect(video)).map(({ rawValue }) => rawValue);
      } catch {
        // Some systems name the service and have none.
        own = await ownReader();
        return [];
      }
    };
  } catch {
    return undefined;
  }
}

async function ownReader(): Promise<CodeReader> {
  const { pictureDecoder } = await import("./picture-decoder.ts");
  const decode = pictureDecoder();
  return async (video) => {
    const text = decode(video);
    return text === undefined ? [] : [text];
  };
}
