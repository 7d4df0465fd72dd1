// Scanning a code: what the camera sees, what was wrong with a code, and how to let the camera in.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { Screen } from "../model/state.ts";
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
  // With the screen, and not some frames after it: no camera looks on, and no picture is taken from one that still plays.
  useLayoutEffect(() => {
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
      heading={text("home.scan")}
      back={{ name: text("app.back"), go: actions.leave }}
      actions={
        <>
          {off === "not-loaded" && <PrimaryButton onClick={actions.update}>{text("app.loadAnew")}</PrimaryButton>}
          {off !== undefined && off !== "not-loaded" && (
            <PrimaryButton onClick={() => setTries(tries + 1)}>{text("app.tryAgain")}</PrimaryButton>
          )}
          <QuietButton onClick={actions.leave}>{text("app.cancel")}</QuietButton>
        </>
      }
    >
      <div class="viewfinder" hidden={off !== undefined}>
        <video ref={video} muted playsInline aria-label={text("scan.picture")} />
        <Corners />
        {camera.kind === "on" && camera.torch !== undefined && (
          <button
            type="button"
            class="torch"
            aria-pressed={camera.torch}
            onClick={() => void scanner.current?.switchTorch(camera.torch !== true)}
          >
            <Icon name="torch" />
            {text("scan.light")}
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
  if (busy) return <p class="lead">{text("link.opening")}</p>;
  if (starting) return <p class="lead">{text("scan.starting")}</p>;
  if (remark === undefined) return <p class="lead">{text("scan.point")}</p>;
  return (
    <>
      <h2>{text(`scan.${remark}.title`)}</h2>
      <p>{text(`scan.${remark}.words`)}</p>
    </>
  );
}

const CameraHelp = ({ problem }: { readonly problem: CameraProblem | "not-loaded" }) => (
  <>
    <span class="outcome-icon">
      <Icon name="camera" />
    </span>
    <h2>{text(`camera.${problem}.title`)}</h2>
    <p>{text(`camera.${problem}.words`)}</p>
  </>
);
