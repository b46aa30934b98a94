// A value from one place into another without knowing its type: into another file, out of it, into
// a comparison.
//
// Names go by number where there is a table of strings and as text where there is none, so what is
// carried without a table stands by itself.
#pragma once

#include "stoplog/value/wire.hpp"

namespace stoplog::wire {

/// One value. Throws SerializationError: bytes that are no value, nested too deeply.
void transcode(Reader& in, Writer& out);

/// The same for a value whose tag has been read; writes the tag too.
void transcode_behind(Tag tag, Reader& in, Writer& out);

}  // namespace stoplog::wire
