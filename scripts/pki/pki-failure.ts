// Why a command of the certificate tool did not do what it was asked for: one sentence for the person at the keyboard.

export class PkiFailure extends Error {}
