// The mark: a tally stick split lengthwise. The stock is the longer half, as it was for whoever lent; the notches of both
// halves meet. Drawn in the two colours of the palette, so it is at home in light and dark.

const STOCK = "M18.8 38H11a4 4 0 0 1-4-4V6a4 4 0 0 1 4-4h7.8v10.2L15 15.5l3.8 3.3v2.4L15 24.5l3.8 3.3V38Z";
const FOIL = "M21.2 38H29a4 4 0 0 0 4-4V12a4 4 0 0 0-4-4h-7.8v4.2l3.8 3.3-3.8 3.3v2.4l3.8 3.3-3.8 3.3V38Z";

/** Decoration: whatever it stands beside has the words. `joining`: the halves slide together once. */
export const Mark = ({ joining = false, name = "mark" }: { readonly joining?: boolean; readonly name?: string }) => (
  <svg class={joining ? `${name} joining` : name} viewBox="0 0 40 40" aria-hidden="true" focusable="false">
    <path class="stock" d={STOCK} />
    <path class="foil" d={FOIL} />
  </svg>
);
