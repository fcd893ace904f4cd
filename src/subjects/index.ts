// The features that come with the tool.
export * from './encryption.ts';
