------------------------------- MODULE BagsExt ------------------------------
\* Bags: one more of an element, and a fold that visits each element as often
\* as the bag holds it. The accumulator comes first in op.
EXTENDS Naturals, Bags

BagAdd(bag, x) ==
    IF x \in DOMAIN bag THEN [bag EXCEPT ![x] = @ + 1]
    ELSE [y \in DOMAIN bag \cup {x} |-> IF y = x THEN 1 ELSE bag[y]]

FoldBag(op(_, _), base, bag) ==
    LET Repeat(acc, x) == LET r[n \in 0..bag[x]] == IF n = 0 THEN acc ELSE op(r[n - 1], x) IN r[bag[x]]
        f[S \in SUBSET DOMAIN bag] ==
            IF S = {} THEN base ELSE LET x == CHOOSE y \in S : TRUE IN Repeat(f[S \ {x}], x)
    IN f[DOMAIN bag]
=============================================================================
