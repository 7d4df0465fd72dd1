// The camera that looks away from the person, its lamp, and what stands in the way of having it. Pictures stay in this page.
import { failed, type Result, success } from "../../account/result.ts";

/**
 * `denied`: by the person, the browser or the system · `unavailable`: the browser gives none to this page · `lost`: it was there, and
 * went away · `insecure`: the page came over a connection that anybody may have changed.
 */
export type CameraProblem = "denied" | "none" | "in-use" | "unavailable" | "lost" | "failed" | "insecure";

export async function openCamera(): Promise<Result<MediaStream, CameraProblem>> {
  // Not there in insecure contexts and in some app's own browsers.
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
  if (mediaDevices?.getUserMedia === undefined) return failed(isSecureContext ? "unavailable" : "insecure");
  try {
    // Wishes, not conditions: a desktop's one camera looks at the person. A code of 70 modules needs some pixels.
    const video = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    return success(await mediaDevices.getUserMedia({ audio: false, video }));
  } catch (error) {
    return failed(problemOf(error));
  }
}

/** By the names of the standard (Media Capture and Streams §10.2). */
export function problemOf(error: unknown): CameraProblem {
  switch (error instanceof Error || error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "in-use";
    case "SecurityError":
    case "TypeError":
      return "unavailable";
    default:
      return "failed";
  }
}

export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** What TypeScript's library does not know of Image Capture. */
interface WithTorch {
  readonly torch?: boolean;
}

export function hasTorch(stream: MediaStream): boolean {
  // Not there in Firefox.
  const [track] = stream.getVideoTracks() as { getCapabilities?: () => WithTorch }[];
  return track?.getCapabilities?.().torch === true;
}

/** Whether it is on now: a lamp that does not obey is left as it is. */
export async function setTorch(stream: MediaStream, on: boolean): Promise<boolean> {
  const [track] = stream.getVideoTracks();
  const advanced: WithTorch[] = [{ torch: on }];
  try {
    await track?.applyConstraints({ advanced: advanced as MediaTrackConstraintSet[] });
    return on;
  } catch {
    return !on;
  }
}
