// Installing the app, where the browser offers it: the offer is kept until the person asks for it. What browsers without such an offer
// call it, and where it is found there, is said by the views.
import { inBackground, type Model } from "./model.ts";
import { askToKeepStorage } from "./storage-keeping.ts";

/** What TypeScript's library does not know: https://wicg.github.io/manifest-incubations/#beforeinstallpromptevent-interface */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

let offer: InstallOffer | undefined;

/** From the beginning: a browser makes its offer once for each page. */
export function followInstallOffer(model: Model): void {
  const { store } = model;
  addEventListener("beforeinstallprompt", (event) => {
    // No bar of the browser's own across the screen: the offer stands in the settings.
    event.preventDefault();
    offer = event as InstallOffer;
    store.patch({ installable: true });
  });
  addEventListener("appinstalled", () => {
    forgetOffer(model);
    // Some browsers promise to keep what installed apps store, and only those.
    if (store.state.storage !== undefined && store.state.storage !== "kept") inBackground(askToKeepStorage(model));
  });
}

/** On the person's own action. An offer is good for once; a browser makes another one when it wants to. */
export async function install(model: Model): Promise<void> {
  const offered = offer;
  forgetOffer(model);
  await offered?.prompt();
}

function forgetOffer({ store }: Model): void {
  offer = undefined;
  store.patch({ installable: false });
}
