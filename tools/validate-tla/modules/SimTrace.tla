------------------------------ MODULE SimTrace ------------------------------
\* etcd's trace specification, with the two answers of TLCGet that this TLC
\* lacks. Checked with one worker and breadth first, as it asks for.
EXTENDS Traceetcdraft

ShimTLCGet(key) ==
    IF key = "config" THEN [mode |-> "bfs", worker |-> 1]
    ELSE IF key = "queue" THEN 1
    ELSE TLCGet(key)

\* Names each event as it is explained, so that the first one that is not can be told.
ReportEvent == l' > l => PrintT(<<"event", l>>)
=============================================================================
