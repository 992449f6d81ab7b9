/** After so many attempts a message is given up, whatever its deadline says. */
const maxTries = 20;
/** Attempts go on counting when a dead message is sent again, from the next multiple of this: they fence off whoever was overtaken. */
export const roundOfTries = 1000;

/** How often a message was tried since it was queued or sent again by hand. */
export const triesOf = (attempts: number) => attempts % roundOfTries;

export const isLastTry = (attempts: number) => triesOf(attempts) >= maxTries;
/** So many claims without an end: whatever took it died with it each time. */
export const isTriedOut = (attempts: number) => triesOf(attempts) > maxTries;
