#pragma once

#include <optional>
#include <vector>

#include "tpm/bytes.h"
#include "tpm/handle.h"

namespace edgeseal::tpm {

// The transient objects in the chip before we load any. A process that ended without cleaning up leaves what it had
// loaded in a chip without resource manager, until no slot is free. Behind a resource manager there are none: it shows
// every program its own.
class Leftovers {
 public:
  explicit Leftovers(Context& context);

  // Flushes our storage primary, which is the one with the recorded Name or, with nothing recorded, one made from our
  // template, and what was loaded under it.
  void flush_primary(const std::optional<Bytes>& recorded_name);
  // Flushes what was loaded under `parent`, wherever that stands.
  void flush_children_of(const Handle& parent);

 private:
  struct Object {
    Handle handle;
    Bytes name, qualified_name;
    bool like_storage_primary;
  };

  [[nodiscard]] static std::optional<Object> read(Context& context, TPM2_HANDLE handle);
  [[nodiscard]] bool is_below(const Object& object, const Bytes& parent_qualified_name) const;
  void flush_children_of(const Bytes& parent_qualified_name);
  void flush(Object& object);

  Context& context_;
  std::vector<Object> objects_;  // those that were not flushed
};

// Flushes every session in the chip. Behind a resource manager these are our own; without one we have the chip alone.
void flush_sessions(Context& context);

}  // namespace edgeseal::tpm
