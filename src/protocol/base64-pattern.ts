// How base64 looks, for the documents that say so to others. What is decoded goes through encoding.ts.

/** RFC 4648 §4: standard alphabet, with padding, on one line. */
export const BASE64_PATTERN = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";
