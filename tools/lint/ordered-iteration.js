// Refuses to walk a Map or a Set where the order of the walk could reach a run. Both keep insertion order, which is
// history: two runs that differ in nothing but the moment a key was first seen would part ways. What is allowed is to
// turn the keys, values or entries into an array and sort it on the spot with a comparator, or to reduce them in a way
// that cannot see the order: the size, `has`, `get`. Types are asked of the compiler, so that no alias slips through.

const UNORDERED = new Set(['Map', 'Set', 'ReadonlyMap', 'ReadonlySet', 'WeakMap', 'WeakSet']);
const ITERATORS = new Set(['MapIterator', 'SetIterator', 'IterableIterator']);
const WALKS = new Set(['keys', 'values', 'entries', 'forEach']);

/** The names under which a type may be known: its own, and those of the parts of a union. */
function namesOf(type) {
  if (type.isUnionOrIntersection()) return type.types.flatMap(namesOf);
  return [type.getSymbol()?.getName() ?? ''];
}

/** Whether the array made by this node is sorted with a comparator before anything else sees it. */
function isSortedAtOnce(node) {
  const member = node.parent;
  if (member?.type !== 'MemberExpression' || member.object !== node) return false;
  const call = member.parent;
  if (call?.type !== 'CallExpression' || call.callee !== member) return false;
  const name = member.property.name;
  if (name === 'sort' || name === 'toSorted') return call.arguments.length > 0;
  // What keeps the elements and only drops or renames some may stand between.
  return (name === 'map' || name === 'filter') && isSortedAtOnce(call);
}

/** The array that a walked expression becomes, if it becomes one: `[...x]`, `[...x.keys()]`, `Array.from(x)`. */
function arrayOf(node) {
  const parent = node.parent;
  if (
    parent.type === 'SpreadElement' &&
    parent.parent.type === 'ArrayExpression' &&
    parent.parent.elements.length === 1
  ) {
    return parent.parent;
  }
  const from = parent.type === 'CallExpression' && parent.arguments[0] === node ? parent.callee : null;
  const isFrom = from?.type === 'MemberExpression' && from.object.name === 'Array' && from.property.name === 'from';
  return isFrom && parent.arguments.length === 1 ? parent : null;
}

/** `new Map(x)` and `new Set(x)` keep the order out of sight as much as `x` does. */
function isCopy(node) {
  return node.type === 'NewExpression' && (node.callee.name === 'Map' || node.callee.name === 'Set');
}

/** Whether the walk that `x.keys()` starts is judged where it is used. */
function isTakenUp(node) {
  const { parent } = node;
  return (
    parent.type === 'SpreadElement' || parent.type === 'ForOfStatement' || isCopy(parent) || arrayOf(node) !== null
  );
}

/** Whether a function walks its first argument: `Array.from`, `Object.fromEntries`. */
function readsInOrder(callee) {
  if (callee.type !== 'MemberExpression') return false;
  const name = `${callee.object.name}.${callee.property.name}`;
  return name === 'Array.from' || name === 'Object.fromEntries';
}

/** The rule. It needs type information: `parserOptions.projectService`. */
export const orderedIteration = {
  meta: {
    type: 'problem',
    messages: {
      unordered:
        'ordered-iteration: a {{type}} is walked in insertion order, which is history; sort it into an array right away, or keep an ascending array',
    },
    schema: [],
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const unordered = (node, names) => namesOf(services.getTypeAtLocation(node)).find((name) => names.has(name));

    /** Reports a walk over a node, unless its elements are sorted on the spot. */
    function checkWalk(node) {
      const type = unordered(node, UNORDERED) ?? unordered(node, ITERATORS);
      if (type === undefined) return;
      const array = arrayOf(node);
      if (array === null || !isSortedAtOnce(array)) context.report({ node, messageId: 'unordered', data: { type } });
    }

    /** `map.keys()` and its like are walks wherever they stand, but for those a spread or `Array.from` takes up. */
    function checkCall(node) {
      const { callee } = node;
      if (callee.type !== 'MemberExpression' || !WALKS.has(callee.property.name)) return;
      const type = unordered(callee.object, UNORDERED);
      if (type !== undefined && !isTakenUp(node)) context.report({ node, messageId: 'unordered', data: { type } });
    }

    return {
      ForOfStatement: (node) => checkWalk(node.right),
      SpreadElement: (node) => checkWalk(node.argument),
      CallExpression(node) {
        checkCall(node);
        const first = node.arguments[0];
        if (first !== undefined && first.type !== 'SpreadElement' && readsInOrder(node.callee)) checkWalk(first);
      },
      NewExpression(node) {
        if (node.arguments[0] !== undefined && !isCopy(node)) checkWalk(node.arguments[0]);
      },
      YieldExpression: (node) => node.delegate && node.argument && checkWalk(node.argument),
      'ArrayPattern[parent.type="VariableDeclarator"]': (node) => node.parent.init && checkWalk(node.parent.init),
    };
  },
};
