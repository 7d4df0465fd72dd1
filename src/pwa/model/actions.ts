// What a person can do, by screen: each action looks where the person is, and changes nothing where it makes no sense.
import { applyUpdate } from "../service-worker-registration.ts";
import { dismissNotice } from "./account-notices.ts";
import { deleteAccount, removeFromDevice, selectAccount } from "./account-actions.ts";
import { begin } from "./begin.ts";
import { check } from "./checking.ts";
import { confirmChoice, stopWaiting } from "./certificate-choice.ts";
import { setTypesCode, typeCode } from "./code-choice.ts";
import { openListed, refuseOnAll, useDevice } from "./device-choice.ts";
import { keepForNewAccount, openLinkWith, retryLink } from "./device-links.ts";
import { drawnDigit, drawPin, rememberDrawnPin } from "./drawn-pin.ts";
import { startEnrolment, submitIdentity } from "./enrolment.ts";
import { allowParty, askDisown, confirmDisown, disownEnded, moreHistory, openEntry, openHistory } from "./history.ts";
import { install } from "./installing.ts";
import { chooseLanguage } from "./language.ts";
import { leave, returnToPage } from "./leaving.ts";
import { askMethods, chooseMethod } from "./identity-methods.ts";
import { inBackground, isActive, type Model } from "./model.ts";
import { enableNotifications, renewSubscription } from "./notifications.ts";
import { declinePasskey, goOnWithPasskey, showLostPasskey, showPasskey } from "./passkey.ts";
import { declinePasskeyOffer } from "./passkey-offer.ts";
import { confirmPin } from "./pin-actions.ts";
import { dismissPinChange } from "./pin-change-told.ts";
import { startAddingKeys, startPinChange } from "./pin-change.ts";
import type { Actions } from "./person-actions.ts";
import { beginPractice, showPractice } from "./practice.ts";
import { refuse } from "./refusals.ts";
import { codeRead, scan } from "./scan.ts";
import { openAbout, openAccountDetails, openNotifications, openSettings, sendTestPush, showLicences } from "./settings.ts";
import { askToKeepStorage } from "./storage-keeping.ts";
import { isBusy, type PinScreen, pinScreen } from "./store.ts";
import { chooseCode, confirmCode, proceed } from "./transactions.ts";

export function actionsOf(model: Model): Actions {
  const { store } = model;
  const on = (...names: readonly string[]): boolean => names.includes(store.screen.name) && !isBusy(store.screen);
  return {
    startEnrolment() {
      if (!on("welcome", "no-account")) return;
      keepForNewAccount(model);
      begin(model, startEnrolment(model));
    },
    addAccount() {
      if (on("home", "dead", "outcome")) store.go({ name: "welcome", canGoBack: store.state.accounts.some(isActive) });
    },
    renew(accountId) {
      if (!on("home", "passkey-lost", "account-details", "link-accounts")) return;
      // Of one that was walked away from nothing is opened.
      model.unopened = undefined;
      keepForNewAccount(model);
      begin(model, startEnrolment(model, accountId));
    },
    askMethods: () => on("identity-methods") && begin(model, askMethods(model)),
    chooseMethod: (method) => on("identity-methods") && chooseMethod(model, method),
    submitIdentity: (form) => begin(model, submitIdentity(model, form)),
    press(digit) {
      typeCode(model, digit);
      type(model, () => store.pin.press(digit));
    },
    erase() {
      typeCode(model, undefined);
      type(model, () => store.pin.erase());
    },
    confirmPin: () => begin(model, confirmPin(model)),
    drawPin: () => begin(model, drawPin(model)),
    drawnDigit: (place) => drawnDigit(model, place),
    rememberDrawnPin: () => rememberDrawnPin(model),
    checkForTransactions() {
      if (!on("home")) return;
      // Only the person's own tap brings back what they went away from.
      model.leftAlone.clear();
      begin(model, check(model, "nothing"));
    },
    showPractice: () => on("home", "settings", "outcome") && showPractice(model),
    beginPractice: () => begin(model, beginPractice(model)),
    openTransaction(accountId, transactionId) {
      if (!on("home", "outcome", "locked", "dead")) return;
      if (!on("home")) model.waysBack.forget();
      begin(model, openListed(model, accountId, transactionId));
    },
    useDevice: (accountId) => begin(model, useDevice(model, accountId)),
    proceed: () => proceed(model),
    chooseCode: (code) => begin(model, chooseCode(model, code)),
    confirmCode: () => begin(model, confirmCode(model)),
    setTypesCode: (accountId, typesCode) => begin(model, setTypesCode(model, accountId, typesCode)),
    askPasskey: (accountId) => on("home", "settings") && begin(model, showPasskey(model, accountId)),
    goOnWithPasskey: () => begin(model, goOnWithPasskey(model)),
    declinePasskey: () => declinePasskey(model),
    declinePasskeyOffer: () => on("home") && declinePasskeyOffer(model),
    passkeyLost: () => showLostPasskey(model),
    refuse: () => begin(model, store.screen.name === "use-device" ? refuseOnAll(model) : refuse(model)),
    confirmChoice: () => begin(model, confirmChoice(model)),
    stopWaiting: () => begin(model, stopWaiting(model)),
    scan: () => on("home", "outcome") && scan(model),
    codeRead: (text) => begin(model, codeRead(model, text)),
    openLinkWith: (accountId) => begin(model, openLinkWith(model, accountId)),
    retryLink: () => begin(model, retryLink(model)),
    returnToPage: () => returnToPage(model),
    askDelete() {
      const accountId = "accountId" in store.screen ? store.screen.accountId : store.state.selected;
      if (on("home", "dead", "locked", "passkey-lost", "settings") && accountId !== undefined)
        store.go({
          name: "delete-account",
          accountId,
          from: store.screen.name === "settings" ? "settings" : "elsewhere",
          busy: false,
        });
    },
    confirmDelete: () => begin(model, deleteAccount(model)),
    removeFromDevice: () => begin(model, removeFromDevice(model)),
    selectAccount: (id) => on("home", "welcome", "settings") && begin(model, selectAccount(model, id)),
    openHistory() {
      if (on("home") && store.state.selected !== undefined) begin(model, openHistory(model, store.state.selected));
    },
    reloadHistory() {
      if (on("history") && "accountId" in store.screen) begin(model, openHistory(model, store.screen.accountId ?? ""));
    },
    moreHistory: () => begin(model, moreHistory(model)),
    openEntry: (id) => openEntry(model, id),
    askDisown: () => askDisown(model),
    disownEnded: () => begin(model, disownEnded(model)),
    confirmDisown: (refuseParty) => begin(model, confirmDisown(model, refuseParty)),
    allowParty: (party) => begin(model, allowParty(model, party)),
    leave: () => leave(model),
    dismissNotice(accountId, noticeId) {
      if (on("home")) begin(model, dismissNotice(model, accountId, noticeId));
    },
    enableNotifications: () => begin(model, enableNotifications(model)),
    keepStorage: () => begin(model, askToKeepStorage(model)),
    install: () => begin(model, install(model)),
    openSettings: () => on("home") && openSettings(model),
    openAccountDetails: () => on("settings", "account-details") && begin(model, openAccountDetails(model)),
    openNotifications: () => on("settings") && openNotifications(model),
    sendTestPush: () => begin(model, sendTestPush(model)),
    openAbout: () => on("settings", "about") && begin(model, openAbout(model)),
    showLicences: () => begin(model, showLicences(model)),
    changePin(purpose, accountId = store.state.selected) {
      if (!on("settings", "home", "pin-changed", "disown", "passkey")) return;
      store.patch({ selected: accountId });
      startPinChange(model, purpose);
    },
    addKeys: () => on("home", "pin-changed") && startAddingKeys(model),
    dismissPinChange: (accountId) => on("home") && begin(model, dismissPinChange(model, accountId)),
    async chooseLanguage(code) {
      const choice = await chooseLanguage(code);
      // The server shows notices in it, too.
      if (choice === "spoken") inBackground(renewSubscription(model));
      return choice;
    },
    update: () => begin(model, applyUpdate()),
  };
}

function type({ store }: Model, change: () => void): void {
  const screen = pinScreen(store.screen);
  if (screen === undefined) return;
  change();
  // What was said about the PIN before is answered by typing another one.
  const { refusal: _, problem: __, ...asked } = screen as PinScreen & { refusal?: unknown; problem?: unknown };
  store.stayWithPin(asked, {});
}
