// The app in a page: the model behind, the views in front.
import "./zod-without-eval.ts";
import { render } from "preact";
import { createApp } from "./model/app.ts";
import { App } from "./views/app.tsx";

const app = createApp();

const Root = () => <App state={app.store.state} actions={app.actions} />;

const place = document.querySelector("#app");
if (place !== null) render(<Root />, place);
app.start();
