export const serviceIndexes = {};
