------------------------------- MODULE IOUtils ------------------------------
\* No environment: the trace specification then takes the whole trace.
IOEnv == [NONE |-> ""]
atoi(s) == 0
=============================================================================
