// The way to the home screen of an iPhone or iPad, where an app has a storage of its own, and notifications.
import { text } from "../language/text.ts";
import { browserFamily } from "../model/browser-family.ts";
import { Notice } from "./notice.tsx";

interface ToHomeScreenContent {
  /** There is an account here, which will not be there. */
  readonly has?: "account";
}

/** Before an account is made: it does not move there. */
export const HomeScreenFirst = () =>
  browserFamily() !== "ios-browser" ? null : (
    <Notice tone="care" icon="save" title={text("install.iosFirst")}>
      <ToHomeScreen />
    </Notice>
  );

/** Inside a notice. */
export const ToHomeScreen = ({ has }: ToHomeScreenContent) => (
  <>
    <p>{text(has === undefined ? "install.iosWhy" : "install.iosWhyMove")}</p>
    <ol>
      <li>{text("install.iosShare")}</li>
      <li>{text("install.iosAdd")}</li>
      <li>{text(has === undefined ? "install.iosOpen" : "install.iosOpenMove")}</li>
    </ol>
    <p>{text("install.iosLinks")}</p>
  </>
);
