// Scanning a code: what the camera sees, what was wrong with a code, and how to let the camera in.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Actions } from "../model/person-actions.ts";
import type { ScanRemark, Screen } from "../model/state.ts";
import type { CameraProblem } from "../scanner/camera.ts";
import { Scanner, type ScannerState } from "../scanner/scanner.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";

interface ScanContent {
  readonly screen: Screen & { name: "scan" };
  readonly actions: Actions;
}

export function Scan({ screen, actions }: ScanContent) {
  const video = useRef<HTMLVideoElement>(null);
  const scanner = useRef<Scanner | undefined>(undefined);
  const [camera, setCamera] = useState<ScannerState>({ kind: "starting" });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (video.current === null) return undefined;
    const current = new Scanner(video.current, { changed: setCamera, read: actions.codeRead });
    scanner.current = current;
    current.start();
    return () => current.stop();
  }, [tries, actions]);
  const off = camera.kind === "off" ? camera.problem : undefined;
  return (
    <Frame
      kind="scan"
      heading="Scan a QR code"
      back={{ name: "Back", go: actions.leave }}
      actions={
        <>
          {off === "not-loaded" && <PrimaryButton onClick={actions.update}>Load it anew</PrimaryButton>}
          {off !== undefined && off !== "not-loaded" && (
            <PrimaryButton onClick={() => setTries(tries + 1)}>Try again</PrimaryButton>
          )}
          <QuietButton onClick={actions.leave}>Cancel</QuietButton>
        </>
      }
    >
      <div class="viewfinder" hidden={off !== undefined}>
        <video ref={video} muted playsInline aria-label="What the camera sees" />
        <Corners />
        {camera.kind === "on" && camera.torch !== undefined && (
          <button
            type="button"
            class="torch"
            aria-pressed={camera.torch}
            onClick={() => void scanner.current?.switchTorch(camera.torch !== true)}
          >
            <Icon name="torch" />
            Light
          </button>
        )}
      </div>
      <div class="scan-said" role="status">
        {off === undefined ? <Said screen={screen} starting={camera.kind === "starting"} /> : <CameraHelp problem={off} />}
      </div>
    </Frame>
  );
}

const Corners = () => (
  <svg class="corners" viewBox="0 0 100 100" aria-hidden="true" focusable="false">
    <path d="M2 22V8a6 6 0 0 1 6-6h14M78 2h14a6 6 0 0 1 6 6v14M98 78v14a6 6 0 0 1-6 6H78M22 98H8a6 6 0 0 1-6-6V78" />
  </svg>
);

function Said({ screen: { busy, remark }, starting }: { readonly screen: ScanContent["screen"]; readonly starting: boolean }) {
  if (busy) return <p class="lead">Opening the request…</p>;
  if (starting) return <p class="lead">Your browser may ask for the camera. Let Tally use it: its pictures stay in this page.</p>;
  if (remark === undefined) return <p class="lead">Point the camera at the code on the site’s page.</p>;
  const { title, words } = REMARKS[remark];
  return (
    <>
      <h2>{title}</h2>
      <p>{words}</p>
    </>
  );
}

interface Told {
  readonly title: string;
  readonly words: string;
}

const REMARKS: Readonly<Record<ScanRemark, Told>> = {
  foreign: {
    title: "A code of another service",
    words:
      "This account answers requests of its own server only. If the site has several ways to log in, choose the one for Tally.",
  },
  "no-request": {
    title: "Not a request",
    words: "That code is not for logging in or signing with this device, so nothing was opened.",
  },
  stale: {
    title: "That code is too old",
    words:
      "Codes change every second. Scan the site’s own page, not a picture of it. If somebody sent you the code, it may be a fraud.",
  },
  over: {
    title: "That request has ended",
    words: "Its time ran out, or it was answered. Start anew on the site’s page.",
  },
  unreachable: {
    title: "The server cannot be reached",
    words: "Check your connection, and keep the camera on the code.",
  },
};

const CameraHelp = ({ problem }: { readonly problem: CameraProblem | "not-loaded" }) => (
  <>
    <span class="outcome-icon">
      <Icon name="camera" />
    </span>
    <h2>{HELP[problem].title}</h2>
    <p>{HELP[problem].words}</p>
  </>
);

const HELP: Readonly<Record<CameraProblem | "not-loaded", Told>> = {
  denied: {
    title: "Tally may not use the camera",
    words:
      "Tap the sign beside the address, or open your browser’s settings for this site, and allow the camera. On a phone, the system’s settings must allow it to your browser, too. Then try again.",
  },
  none: {
    title: "No camera was found",
    words: "If it is one that you plug in, do that and try again. Or use Tally on a phone.",
  },
  "in-use": {
    title: "The camera is busy",
    words: "Another app or window is using it. Close that one, then try again.",
  },
  unavailable: {
    title: "No camera in this browser",
    words: "It gives none to this page. Open Tally in the browser of your device itself, not inside another app.",
  },
  lost: {
    title: "The camera went away",
    words: "It was unplugged, or another app took it. Then try again.",
  },
  failed: {
    title: "The camera did not start",
    words: "Try again. If that does not help, restart your browser.",
  },
  "not-loaded": {
    title: "A part of Tally did not load",
    words: "It may have been updated in another window. Nothing was lost.",
  },
};
