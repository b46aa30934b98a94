// For the few functions that a hop goes through: a call of one would cost as much as its body.
#pragma once

#if defined(__GNUC__)
#  define STOPLOG_INLINE inline __attribute__((always_inline))
#  define STOPLOG_INLINE_LAMBDA __attribute__((always_inline))
#else
#  define STOPLOG_INLINE inline
#  define STOPLOG_INLINE_LAMBDA
#endif
