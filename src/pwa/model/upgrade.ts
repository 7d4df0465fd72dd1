// A basic account that a full one is to take the place of: a renewal, whose person has proven more.
import type { RegistrationAbout } from "../../protocol/registration-about.ts";
import { IDENTITY_METHODS } from "./identity-methods.ts";
import { isActive, isEnrolling } from "./model.ts";
import type { AccountView, AppState } from "./state.ts";

/**
 * Not where this browser has a full one of that person, be it this one or another, or one that is not finished, which would be gone on
 * with; nor where no method that has a screen here proves enough.
 * A server that was not asked yet may have one.
 */
export const mayBecomeFull = ({ accounts, offered }: Pick<AppState, "accounts" | "offered">, account: AccountView): boolean =>
  (offered === undefined || givesFull(offered)) &&
  isActive(account) &&
  !accounts.some(isEnrolling) &&
  !accounts.some(
    (other) =>
      isActive(other) &&
      other.state?.level === "QUALIFIED" &&
      other.owner?.semanticsIdentifier === account.owner?.semanticsIdentifier,
  );

const givesFull = (offered: RegistrationAbout["methods"]): boolean =>
  offered.some(({ name, levels }) => IDENTITY_METHODS.some((known) => known === name) && levels.includes("QUALIFIED"));
