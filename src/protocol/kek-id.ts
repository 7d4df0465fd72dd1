// The name of a key that wraps stored values: stands in each of them, in orders about them, and in the configuration. Not secret.

/** 1 to 64 letters, digits, '-' or '_'. */
export const isKekId = (id: string): boolean => /^[\w-]{1,64}$/.test(id);
