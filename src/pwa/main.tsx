// The app in a page: the model behind, the views in front.
import "./language/first-words.ts";
import "./zod-without-eval.ts";
import { render } from "preact";
import { spoken } from "./language/text.ts";
import { createApp } from "./model/app.ts";
import { awaited } from "./model/language.ts";
import { App } from "./views/app.tsx";
import { WithoutWords } from "./views/without-words.tsx";

const app = createApp();
const lateWords = document.querySelector("#late-words");

const Root = () =>
  spoken.value === undefined ? (
    <WithoutWords awaited={awaited.value} lateWords={lateWords} reload={() => location.reload()} />
  ) : (
    <App spoken={spoken.value} state={app.store.state} actions={app.actions} />
  );

const place = document.querySelector("#app");
place?.replaceChildren();
if (place !== null) render(<Root />, place);
app.start();
