// What this app is, the digest by which everybody can tell whether it is the one that was published, and whose work is in it.
import { version } from "../build.ts";
import { richText, text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { inGroups } from "./account-details.tsx";
import { Frame } from "./frame.tsx";
import { Notice } from "./notice.tsx";
import { OperatorContact, OperatorLink } from "./operator.tsx";
import { Spelled } from "./spelled.tsx";

interface AboutContent extends Pick<AppState, "operator"> {
  readonly screen: Screen & { name: "about" };
  readonly actions: Actions;
}

export const About = ({ screen: { build, licences }, operator, actions }: AboutContent) => (
  <Frame
    kind="about"
    eyebrow={text("settings.heading")}
    heading={text("about.heading")}
    back={{ name: text("app.back"), go: actions.leave }}
  >
    <p class="lead">{text("about.words")}</p>
    <dl class="facts">
      <div>
        <dt>{text("about.version")}</dt>
        <dd translate={false}>{version()}</dd>
      </div>
      <div>
        <dt>{text("about.licence")}</dt>
        <dd>{text("about.licenceName")}</dd>
      </div>
      {build?.commit !== undefined && (
        <div>
          <dt>{text("about.commit")}</dt>
          <dd translate={false} data-commit={build.commit}>
            {inGroups(build.commit)}
          </dd>
        </div>
      )}
    </dl>
    <WhoRunsIt operator={operator} />
    <section class="group">
      <h2>{text("about.build")}</h2>
      <BuildDigest build={build} operator={operator} />
      <p class="fine">{text("about.buildWords")}</p>
      <p class="fine">{richText("about.notCovered", { command: <VerifyCommand /> })}</p>
    </section>
    <section class="group">
      <h2>{text("about.licences")}</h2>
      <p class="fine">{text("about.licencesWords")}</p>
      <Licences {...(licences !== undefined && { licences })} actions={actions} />
    </section>
  </Frame>
);

function WhoRunsIt({ operator }: Pick<AppState, "operator">) {
  if (operator === undefined) return null;
  const { name, contact, terms, privacy } = operator;
  const links = [
    ["operator.contact", contact],
    ["operator.terms", terms],
    ["operator.privacy", privacy],
  ] as const;
  return (
    <section class="group">
      <h2>{text("operator.heading")}</h2>
      {name === undefined && contact === undefined && <p>{text("operator.unsaid")}</p>}
      <dl class="facts">
        {name !== undefined && (
          <div>
            <dt>{text("operator.name")}</dt>
            <dd translate={false} dir="auto">
              {name}
            </dd>
          </div>
        )}
        {links.map(
          ([label, address]) =>
            address !== undefined && (
              <div key={label}>
                <dt>{text(label)}</dt>
                <dd>
                  <OperatorLink address={address} />
                </dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

/** The hyphens of the option begin no line without it. */
const VERIFY = { command: "npm run build --", option: "--verify" };

const VerifyCommand = () => (
  <code translate={false}>
    {VERIFY.command} <span class="option">{VERIFY.option}</span>
  </code>
);

function BuildDigest({ build, operator }: Pick<AboutContent["screen"], "build"> & Pick<AppState, "operator">) {
  if (build === undefined) return <p role="status">{text("about.computing")}</p>;
  const { kept, published } = build;
  if (kept === undefined) return <p role="status">{text("about.notKept")}</p>;
  return (
    <>
      <p class="build-digest" translate={false} data-digest={kept}>
        <Spelled whole code={inGroups(kept)} />
      </p>
      {published !== undefined && published !== kept ? (
        <Notice tone="care" icon="warning" title={text("about.differs")}>
          <p>{text("about.differsWords")}</p>
          <p class="build-digest" translate={false}>
            <Spelled whole code={inGroups(published)} />
          </p>
          <OperatorContact operator={operator} />
        </Notice>
      ) : (
        <p role="status">{text(published === undefined ? "about.notCompared" : "about.same")}</p>
      )}
    </>
  );
}

function Licences({ licences, actions }: Pick<AboutContent["screen"], "licences"> & Pick<AboutContent, "actions">) {
  if (typeof licences === "object")
    return (
      <pre class="licences" data-takes-focus="" tabIndex={0} aria-label={text("about.licences")} translate={false}>
        {licences.text}
      </pre>
    );
  return (
    <>
      <button
        type="button"
        class="link"
        aria-disabled={licences === "loading"}
        onClick={() => licences !== "loading" && actions.showLicences()}
      >
        {text(licences === "loading" ? "about.loading" : "about.showLicences")}
      </button>
      {licences === "unreachable" && (
        <p class="problem" role="alert">
          {text("problem.unreachable")}
        </p>
      )}
    </>
  );
}
