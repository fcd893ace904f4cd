// Gates for any feature: atoms and who can see them, formulas in every form, decisions that name their blockers.
export * from './atom.ts';
export * from './explain.ts';
export * from './formula.ts';
export * from './gate-point.ts';
export * from './gate.ts';
export * from './minimise.ts';
export * from './monotone.ts';
export * from './text.ts';
export * from './truth-table.ts';
