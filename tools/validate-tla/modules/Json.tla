-------------------------------- MODULE Json --------------------------------
\* Stands in for the JSON reader: the trace is compiled into module TraceData,
\* since reading a file from TLA+ needs Java code that no registry serves.
LOCAL INSTANCE TraceData

ndJsonDeserialize(file) == TraceLines
=============================================================================
