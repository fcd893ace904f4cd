// The reference's names of roles, message kinds, entry types and changes, by number. They are read off the tables of
// numbers, so that a kind added there cannot lack its name here.
import {
  ConfChangeTransition,
  ConfChangeType,
  EntryType,
  MessageType,
  Role,
  type ConfChangeTransition as Transition,
} from './types.ts';
import { ProgressState } from './progress.ts';

const ROLES = Object.keys(Role);
const MESSAGES = Object.keys(MessageType);
const ENTRIES = Object.keys(EntryType);
const CHANGES = Object.keys(ConfChangeType);
const TRANSITIONS = Object.keys(ConfChangeTransition);
const PROGRESS = Object.keys(ProgressState);

/** `StateFollower` … */
export function roleName(role: Role): string {
  return `State${ROLES[role]}`;
}

/** `MsgHup` … */
export function messageTypeName(type: MessageType): string {
  return MESSAGES[type] ?? String(type);
}

/** `EntryNormal` … */
export function entryTypeName(type: EntryType): string {
  return `Entry${ENTRIES[type]}`;
}

/** `ConfChangeAddNode` … */
export function confChangeTypeName(type: ConfChangeType): string {
  const name = CHANGES[type];
  return name === undefined ? String(type) : `ConfChange${name}`;
}

/** `ConfChangeTransitionAuto` … */
export function transitionName(transition: Transition): string {
  const name = TRANSITIONS[transition];
  return name === undefined ? String(transition) : `ConfChangeTransition${name}`;
}

/** `StateProbe` … */
export function progressStateName(state: ProgressState): string {
  return `State${PROGRESS[state]}`;
}
