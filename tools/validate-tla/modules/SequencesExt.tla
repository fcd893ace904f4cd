---------------------------- MODULE SequencesExt ----------------------------
\* The operators on sequences that etcd's trace specification takes from the
\* CommunityModules, which no registry serves. Folds are recursive functions:
\* this TLC refuses recursive operators that take an operator.
EXTENDS Naturals, Sequences

ToSet(s) == { s[i] : i \in DOMAIN s }

IsPrefix(s, t) == Len(s) <= Len(t) /\ SubSeq(t, 1, Len(s)) = s

FoldSeq(op(_, _), base, s) ==
    LET f[i \in 0..Len(s)] == IF i = 0 THEN base ELSE op(s[i], f[i - 1])
    IN f[Len(s)]

\* The first index whose element passes the test, or 0.
SelectInSeq(s, Test(_)) ==
    LET f[i \in 1..Len(s) + 1] == IF i > Len(s) THEN 0 ELSE IF Test(s[i]) THEN i ELSE f[i + 1]
    IN f[1]

\* The last index in from..to whose element passes the test, or 0.
SelectLastInSubSeq(s, from, to, Test(_)) ==
    LET f[i \in 0..to] == IF i < from THEN 0 ELSE IF Test(s[i]) THEN i ELSE f[i - 1]
    IN IF to < from THEN 0 ELSE f[to]

SetToSeq(S) ==
    LET f[T \in SUBSET S] == IF T = {} THEN << >> ELSE LET x == CHOOSE y \in T : TRUE IN Append(f[T \ {x}], x)
    IN f[S]
=============================================================================
