// For thread-local pointers that a hop reads: found without a call.
#pragma once

#if defined(__GNUC__) && !defined(__APPLE__)
#  define STOPLOG_FAST_TLS __attribute__((tls_model("initial-exec")))
#else
#  define STOPLOG_FAST_TLS
#endif
