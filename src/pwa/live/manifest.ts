// The app's manifest in the language that it speaks: an installed app takes its shortcuts from there when it is opened.
import { effect } from "@preact/signals";
import { spoken } from "../language/text.ts";

export function followManifest(): void {
  effect(() => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=manifest]");
    if (link !== null && spoken.value !== undefined) link.href = `/manifest/${spoken.value}.webmanifest`;
  });
}
