---------------------------- MODULE FiniteSetsExt ---------------------------
\* The two operators on finite sets that etcd's specification needs.
EXTENDS Naturals, FiniteSets

Max(S) == CHOOSE x \in S : \A y \in S : x >= y
Min(S) == CHOOSE x \in S : \A y \in S : x <= y
=============================================================================
