// Line icons, all decoration: the words stand beside them, or in the name of the button.

const DRAWINGS = {
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  erase: "M9 5h11a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H9l-6-7zM12 9.5l5 5m0-5l-5 5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M7 7l10 10M17 7L7 17",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v4.5l3 2",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6zM12 14.5v2",
  bell: "M6.5 16V11a5.5 5.5 0 0 1 11 0v5l1.5 2H5zM10 20.5h4",
  offline: "M3 9a13 13 0 0 1 18 0M6.5 12.8a8 8 0 0 1 11 0M10 16.4a3 3 0 0 1 4 0M4 4l16 16",
  warning: "M12 4l9 16H3zM12 10v4.5M12 17.3v.2",
  renew: "M19 12a7 7 0 1 1-2.2-5.1M19.5 4v4h-4",
  devices: "M3.5 5h12v9h-12zM2 17.5h9M15.5 9.5h6v10h-6z",
  question: "M9 9.3a3 3 0 1 1 4.6 2.6c-1 .6-1.6 1.1-1.6 2.4M12 17.3v.2",
  scan: "M4 8.5V5.5A1.5 1.5 0 0 1 5.5 4h3M15.5 4h3A1.5 1.5 0 0 1 20 5.5v3M20 15.5v3a1.5 1.5 0 0 1-1.5 1.5h-3M8.5 20h-3A1.5 1.5 0 0 1 4 18.5v-3M8.5 8.5h2.5V11H8.5zM14 8.5h1.5V10M8.5 14v1.5H10M13.5 13.5h2v2",
  torch: "M13 3L6 13.5h5L10.5 21 18 10.5h-5z",
  camera: "M3.5 8h4l1.5-2.5h6L16.5 8h4v11h-17zM12 10.2a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6z",
  keypad: "M5.5 4h13v16h-13zM9 8.5h.1M12 8.5h.1M15 8.5h.1M9 12h.1M12 12h.1M15 12h.1M9 15.5h.1M12 15.5h.1M15 15.5h.1",
  passkey:
    "M8.5 4.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM2 19.5c0-3 2.7-4.5 6.5-4.5 1.8 0 3.3.3 4.4 1M17 9a3 3 0 0 1 1.5 5.6V21L17 19.8 15.5 21v-6.4A3 3 0 0 1 17 9z",
  plus: "M12 5.5v13M5.5 12h13",
  eye: "M2.5 12s3.5-6 9.5-6 9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6zM12 9.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4z",
  person: "M12 4.5a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.4zM4.5 20a7.5 7.5 0 0 1 15 0",
  settings: "M4 7h9m4 0h3M15 4.8v4.4M4 17h3m4 0h9M9 14.8v4.4",
  save: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M4.5 19.5h15",
} as const;

export type IconName = keyof typeof DRAWINGS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={DRAWINGS[name]} />
  </svg>
);
